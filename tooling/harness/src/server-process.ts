import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePortOn } from './ports.ts';

/** The built command line. */
export const CLI = fileURLToPath(new URL('../../../apps/cli/bundle/main.js', import.meta.url));
const READY_TRIES = 1_200;
const READY_PAUSE_MS = 25;
const LOG_KEPT = 20_000;
const CUT_AFTER_MS = 300;

export interface ServerProcessOptions {
  readonly dataDir: string;
  /** HTTP port. @default a free one */
  readonly port?: number;
  /** Address of everything it listens on. @default '127.0.0.1' */
  readonly host?: string;
  /** @default chosen by the system */
  readonly gossipPort?: number;
  /** @default chosen by the system */
  readonly rpcPort?: number;
  /** @default 1 */
  readonly bootstrapExpect?: number;
  /** @default 'test' */
  readonly nodeName?: string;
  /** Further flags of `dkron agent`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** An agent has no store and no API. @default 'server' */
  readonly role?: 'server' | 'agent';
  /** Command before the node's own, e.g. one that puts it into another network. */
  readonly prefix?: readonly string[];
  /** Where it runs. @default this process's directory */
  readonly cwd?: string;
}

/** One run of a real server, in a process of its own. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number>;
  #log = '';

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    const keep = (chunk: Buffer): void => void (this.#log = (this.#log + chunk.toString()).slice(-LOG_KEPT));
    child.stderr?.on('data', keep);
    child.stdout?.on('data', keep);
    this.#exit = once(child, 'close').then(([code, signal]) => (signal === null ? (code as number) : 128));
  }

  /** Starts a server and waits until it leads. Rejects with its log when it ends before. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const server = await ServerProcess.launch(options);
    try {
      await server.#ready();
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  /** Starts a server without waiting: for starts that are meant to fail. */
  static async launch(options: ServerProcessOptions): Promise<ServerProcess> {
    const { host = '127.0.0.1', prefix = [] } = options;
    const port = options.role === 'agent' ? 0 : (options.port ?? (await freePortOn(host)));
    const [file = '', ...args] = [...prefix, process.execPath, CLI, 'agent', ...flagsOf(options, port)];
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    return new ServerProcess(child, `http://${host}:${port}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The last 20 kB of what it wrote. */
  get log(): string {
    return this.#log;
  }

  /** Its exit code, once it ended; 128 when a signal ended it. */
  exited(): Promise<number> {
    return this.#exit;
  }

  /** SIGSTOP: it stands still, as on a machine that is overloaded. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** SIGTERM, and wait for the end. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.#exit;
  }

  /** SIGTERM, and soon after it a second one, which cuts what still runs. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    const again = setTimeout(() => this.#child.kill('SIGTERM'), CUT_AFTER_MS);
    await this.#exit;
    clearTimeout(again);
  }

  /** SIGKILL, and wait until the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  async #ready(): Promise<void> {
    for (let i = 0; i < READY_TRIES; i++) {
      if (this.#child.exitCode !== null) throw new Error(`server exited with ${this.#child.exitCode}\n${this.#log}`);
      const status = await fetch(`${this.url}/v1/leader`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
    }
    throw new Error(`server did not answer within ${READY_TRIES * READY_PAUSE_MS} ms\n${this.#log}`);
  }
}

function flagsOf(options: ServerProcessOptions, port: number): string[] {
  const { host = '127.0.0.1', nodeName = 'test', bootstrapExpect = 1, gossipPort = 0, rpcPort = 0 } = options;
  const server = ['--server', `--bootstrap-expect=${bootstrapExpect}`, `--http-addr=${host}:${port}`];
  return [
    ...(options.role === 'agent' ? [] : server),
    `--node-name=${nodeName}`,
    `--data-dir=${options.dataDir}`,
    `--bind-addr=${host}:${gossipPort}`,
    `--rpc-port=${rpcPort}`,
    `--advertise-addr=${host}${gossipPort === 0 ? '' : `:${gossipPort}`}`,
    ...(options.args ?? []),
  ];
}
