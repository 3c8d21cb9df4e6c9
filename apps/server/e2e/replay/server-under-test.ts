import type { ServerProcessOptions } from '@dkron/harness';
import { ServerProcess } from '@dkron/harness';
import { tempDir } from '../support/test-node.ts';

const HOST = '127.0.0.1';

/** A server as a user starts it: a process of the command line, with sockets and a folder of its own. */
export class ServerUnderTest {
  readonly host = HOST;
  readonly port: number;
  readonly #start: (port: number) => Promise<ServerProcess>;
  #process: ServerProcess;

  private constructor(process: ServerProcess, start: (port: number) => Promise<ServerProcess>) {
    this.port = Number(new URL(process.url).port);
    this.#process = process;
    this.#start = start;
  }

  /**
   * @param flags of `dkron agent`, beyond those that every server needs
   * @param cluster what only servers of several are told
   */
  static async launch(
    nodeName: string,
    flags: readonly string[],
    cluster: Pick<ServerProcessOptions, 'bootstrapExpect' | 'gossipPort' | 'rpcPort'> = {},
  ): Promise<ServerUnderTest> {
    const [dataDir, cwd] = [await tempDir(), await tempDir()];
    const start = (port?: number): Promise<ServerProcess> =>
      ServerProcess.start({
        ...cluster,
        nodeName,
        dataDir,
        cwd,
        args: ['--disable-usage-stats', ...flags],
        env: { TZ: 'UTC' },
        ...(port === undefined ? {} : { port }),
      });
    return new ServerUnderTest(await start(), start);
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** SIGTERM, and wait for the end. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Again, on the same folder and port. */
  async start(): Promise<void> {
    this.#process = await this.#start(this.port);
  }

  /** After the last exchange: whatever still runs is cut. */
  end(): Promise<void> {
    return this.#process.end();
  }
}
