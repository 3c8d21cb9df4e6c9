import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@dkron/runtime';
import type { ServerOptions } from '../../src/options.ts';
import { SERVER_DEFAULTS } from '../../src/options.ts';
import type { ServerNode } from '../../src/server-node.ts';
import { startNode } from '../../src/server-node.ts';
import { Api } from './api.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: unknown;
}

/** A whole server in this process: real sockets, a real disk, a real shell. */
export class TestNode extends Api {
  readonly dataDir: string;
  readonly log: readonly LogLine[];
  readonly fatal: readonly Error[];
  readonly #node: ServerNode;

  private constructor(node: ServerNode, parts: { dataDir: string; log: LogLine[]; fatal: Error[] }) {
    super(`http://127.0.0.1:${node.httpPort}`);
    this.#node = node;
    this.dataDir = parts.dataDir;
    this.log = parts.log;
    this.fatal = parts.fatal;
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<TestNode> {
    const dataDir = options.dataDir ?? (await tempDir());
    const log: LogLine[] = [];
    const fatal: Error[] = [];
    const resolved = {
      ...SERVER_DEFAULTS,
      nodeName: 'test',
      bootstrapExpect: 1,
      httpAddr: '127.0.0.1:0',
      bindAddr: '127.0.0.1:0',
      rpcPort: 0,
      ...options,
      dataDir,
    };
    const node = await startNode(resolved, keepLog(log), {
      onFatal: (error) => fatal.push(error),
      onLeave: () => void node.leave(),
    });
    running.add(node);
    return new TestNode(node, { dataDir, log, fatal });
  }

  get gossipAddress(): string {
    return this.#node.gossipAddress;
  }

  async stop(): Promise<void> {
    if (running.delete(this.#node)) await this.#node.stop();
  }
}

const running = new Set<ServerNode>();
const directories: string[] = [];

export async function tempDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dkron-e2e-'));
  directories.push(path);
  return path;
}

/** For `afterAll`: ends what tests left behind. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((node) => node.stop()));
  running.clear();
  await Promise.all(directories.splice(0).map((path) => rm(path, { recursive: true, force: true })));
}

function keepLog(lines: LogLine[]): Logger {
  const keep = (level: string) => (message: string, fields?: unknown) => void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => logger,
  };
  return logger;
}
