import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 60_000;
const PAUSE_MS = 50;
const LOG_CHARACTERS = 100_000;

/** Waits for what may take its time on a busy machine. */
export async function untilReady(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await sleep(PAUSE_MS);
  }
}

/** Whether anybody listens at this port of loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

/** A program of others that serves until it is killed. */
export class PeerProcess {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  /** What it printed, over all its lives. */
  log = '';

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#program = program;
    this.#args = args;
    this.#env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, ...env };
  }

  async start(ready: () => Promise<boolean> | boolean): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => (this.log = (this.log + bytes.toString()).slice(-LOG_CHARACTERS)));
    }
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    child.once('exit', (code, signal) => {
      failure ??= new Error(`${this.#program} ended: ${code ?? signal}\n${this.log}`);
    });
    this.#child = child;
    await untilReady(`${this.#program} to be ready`, () => {
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
