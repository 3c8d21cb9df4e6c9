import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LineClient } from './line-client.ts';
import type { Reply, Request, ServerConfig, ServerStatus } from './protocol.ts';

const MAIN = fileURLToPath(new URL('./kv-server.ts', import.meta.url));
const LOG_KEPT = 20_000;
const STATUS_MS = 400;

/** One server, through all of its lives. */
export class KvProcess {
  readonly config: ServerConfig;
  /** Snapshots in all lives: `taken`, `received`. */
  readonly snapshots = new Map<string, number>();
  readonly #prefix: readonly string[];
  #child: ChildProcess | undefined;
  #client = new LineClient();
  #log = '';
  #ended: Promise<unknown> = Promise.resolve();

  /** @param prefix - command that puts another one into the server's network */
  constructor(config: ServerConfig, prefix: readonly string[]) {
    this.config = config;
    this.#prefix = prefix;
  }

  get id(): string {
    return this.config.id;
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last 20 kB of what it wrote. */
  get log(): string {
    return this.#log;
  }

  /** Exit code of a server that ended by itself, which none may. */
  get ownExit(): number | undefined {
    return this.#child?.exitCode ?? undefined;
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    if (this.running) return;
    const command = [...this.#prefix, process.execPath, MAIN, JSON.stringify(this.config)];
    const env = { ...process.env, UV_THREADPOOL_SIZE: '8' };
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child = child;
    this.#ended = once(child, 'close');
    const keep = (chunk: Buffer): void => void (this.#log = (this.#log + chunk.toString()).slice(-LOG_KEPT));
    child.stderr.on('data', keep);
    createInterface({ input: child.stdout }).on('line', (kind) => {
      this.snapshots.set(kind, (this.snapshots.get(kind) ?? 0) + 1);
    });
    const client = new LineClient();
    this.#client = client;
    // A test that ends without its servers closes this pipe.
    child.stdin.on('error', () => {});
    await client.connect(this.config.socket, () => this.running);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    if (this.running) this.#child?.kill('SIGKILL');
    await this.#ended;
    this.#client.close();
  }

  pause(): void {
    if (this.running) this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    if (this.running) this.#child?.kill('SIGCONT');
  }

  request(request: Request, timeoutMs: number): Promise<Omit<Reply, 'n'>> {
    return this.#client.request(request, timeoutMs);
  }

  /** Undefined when it does not answer soon. */
  async status(): Promise<ServerStatus | undefined> {
    return (await this.request({ op: 'status' }, STATUS_MS)).ok as ServerStatus | undefined;
  }
}
