import { ServerProcess } from '@dkron/harness';
import { tempDir } from '../support/test-node.ts';

export interface NodeOptions {
  readonly name: string;
  /** An address of loopback; nodes of a cluster differ in it. */
  readonly host: string;
  /** Of the REST API, for nodes of a cluster; absent = a free one. */
  readonly port?: number;
  /** Of `dkron agent`, beyond those that every node needs. */
  readonly flags: readonly string[];
}

type Start = (port: number | undefined) => Promise<ServerProcess>;

/** A node as a user starts it: a process of the command line, with sockets and a folder of its own. */
export class ServerUnderTest {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly #start: Start;
  #process: ServerProcess;

  private constructor({ name, host }: NodeOptions, process: ServerProcess, start: Start) {
    this.name = name;
    this.host = host;
    this.port = Number(new URL(process.url).port);
    this.#process = process;
    this.#start = start;
  }

  /** A single server is waited for until it leads; a node of a cluster needs the others. */
  static async launch(options: NodeOptions): Promise<ServerUnderTest> {
    const [dataDir, cwd] = [await tempDir(), await tempDir()];
    const { name, host, flags } = options;
    const start: Start = (port) => {
      const args = ['--disable-usage-stats', ...flags];
      const settings = { nodeName: name, host, dataDir, cwd, args, env: { TZ: 'UTC' } };
      const placed = port === undefined ? settings : { ...settings, port };
      return options.port === undefined ? ServerProcess.start(placed) : ServerProcess.launch(placed);
    };
    return new ServerUnderTest(options, await start(options.port), start);
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

  get log(): string {
    return this.#process.log;
  }
}
