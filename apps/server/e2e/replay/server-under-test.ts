import { ServerProcess } from '@dkron/harness';
import { tempDir, TestNode } from '../support/test-node.ts';
import type { ServerOptions } from '../../src/options.ts';

export interface ServerUnderTest {
  readonly host: string;
  readonly port: number;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM, and wait for the end. */
  stop(): Promise<void>;
  /** Again, on the same folder. */
  start(): Promise<void>;
}

const HOST = '127.0.0.1';

/** A server in this process: real sockets and disk, and quick to start. */
export async function nodeUnderTest(name: string, flags: readonly string[]): Promise<ServerUnderTest> {
  const node = await TestNode.start({ nodeName: name, defaultTimezone: 'UTC', ...optionsOf(flags) });
  const refuse = (): never => {
    throw new Error('this recording needs a process');
  };
  return { host: HOST, port: Number(new URL(node.url).port), kill: refuse, stop: () => node.stop(), start: refuse };
}

/** A server in a process of its own, for recordings that end or kill it. */
export async function processUnderTest(name: string, flags: readonly string[]): Promise<ServerUnderTest> {
  const [dataDir, cwd] = [await tempDir(), await tempDir()];
  const start = (port?: number): Promise<ServerProcess> =>
    ServerProcess.start({
      nodeName: name,
      dataDir,
      cwd,
      args: flags,
      env: { TZ: 'UTC' },
      ...(port === undefined ? {} : { port }),
    });
  let server = await start();
  const port = Number(new URL(server.url).port);
  return {
    host: HOST,
    port,
    kill: () => server.kill(),
    stop: async () => void (await server.stop()),
    start: async () => {
      server = await start(port);
    },
  };
}

/** The few flags that recordings use. */
function optionsOf(flags: readonly string[]): Partial<ServerOptions> {
  const tags: Record<string, string> = {};
  const options: { -readonly [K in keyof ServerOptions]?: ServerOptions[K] } = {};
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i]!;
    if (flag === '--tag') {
      const [key, value] = flags[++i]!.split('=', 2) as [string, string];
      tags[key] = value;
    } else if (flag === '--ui=false') options.ui = false;
    else if (flag === '--enable-prometheus') options.enablePrometheus = true;
    else throw new Error(`flag ${flag} of a recording is not known`);
  }
  return { ...options, tags };
}
