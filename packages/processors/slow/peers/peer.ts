/// <reference types="node" />
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@dkron/runtime';
import type { Processor, ProcessorInput } from '../../src/index.ts';

const READY_MS = 60_000;
const PAUSE_MS = 50;

/** Says that a peer is not to be had here; the check as a whole then counts as not run. */
export function notRun(peer: string, why: string): void {
  const file = process.env['PROCESSORS_NOT_RUN'];
  if (file !== undefined) appendFileSync(file, `${peer}: ${why}\n`);
  process.stderr.write(`${peer} is not tried: ${why}\n`);
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

/** One call as the pipeline makes it. */
export async function send(
  processor: Processor,
  config: Record<string, string>,
  input: ProcessorInput,
): Promise<string> {
  const context = { signal: AbortSignal.timeout(30_000), logger: silentLogger };
  return Buffer.from(await processor.process(input, config, context)).toString();
}

/** A program that serves until it is killed. */
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
    this.#env = { ...process.env, ...env };
  }

  async start(ready: () => Promise<boolean> | boolean): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => (this.log = (this.log + bytes.toString()).slice(-100_000)));
    }
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    child.once('exit', (code, signal) => {
      failure ??= new Error(`${this.#program} ended: ${code ?? signal}\n${this.log}`);
    });
    this.#child = child;
    await until(`${this.#program} to be ready`, () => {
      if (failure) throw failure;
      return ready();
    });
  }

  /** As a crash. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
