/// <reference types="node" />
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 60_000;
const PAUSE_MS = 50;

/** Says that a peer is not to be had here; the check as a whole then counts as not run. */
export function notRun(peer: string, why: string): void {
  const file = process.env['EXECUTORS_NOT_RUN'];
  if (file !== undefined) appendFileSync(file, `${peer}: ${why}\n`);
  process.stderr.write(`${peer} is not tried: ${why}\n`);
}

/** Whether a program of Debian is here; installs it when we are root and apt answers soon. */
export function debianProgram(program: string, packageName: string): boolean {
  const found = (): boolean =>
    (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(`${dir}/${program}`)) ||
    existsSync(`/usr/sbin/${program}`);
  if (found()) return true;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args: string[], timeout: number): boolean =>
    spawnSync('apt-get', args, { stdio: 'ignore', env, timeout }).status === 0;
  const install = ['install', '-y', '-qq', '--no-install-recommends', packageName];
  return (
    process.getuid?.() === 0 &&
    (apt(install, 60_000) || (apt(['update', '-qq'], 30_000) && apt(install, 60_000))) &&
    found()
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits for what may take its time on a busy machine. */
export async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await sleep(PAUSE_MS);
  }
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

/** A program that serves until it is killed. */
export class PeerProcess {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  log = '';

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#program = program;
    this.#args = args;
    this.#env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, ...env };
  }

  async start(ready: () => Promise<boolean> | boolean): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => (this.log = (this.log + bytes.toString()).slice(-20_000)));
    }
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    child.once(
      'exit',
      (code, signal) => (failure ??= new Error(`${this.#program} ended: ${code ?? signal}\n${this.log}`)),
    );
    this.#child = child;
    await until(`${this.#program} to be ready`, () => {
      if (failure) throw failure;
      return ready();
    });
  }

  /** It goes on, or does not. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name);
  }

  /** As a crash. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
