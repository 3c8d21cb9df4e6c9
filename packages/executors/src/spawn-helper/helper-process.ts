import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { Logger } from '@dkron/runtime';
import { SpawnHelperError } from './errors.ts';
import { bodyJson, encodeFrame, FrameReader, Kind, type Frame } from './frames.ts';
import { decodeEnd, decodeStarted, encodeOrder } from './messages.ts';
import type { EndNote, ReadyNote, SpawnOrder, StartedNote } from './messages.ts';
import { signalGroup } from './process-stat.ts';
import type { HelperKind, HelperProgram } from './program.ts';

/** What is told about a command while it runs; callbacks must not throw. */
export interface RunEvents {
  started?(note: StartedNote): void;
  output(chunk: Uint8Array, stderr: boolean): void;
}

interface Run {
  readonly events: RunEvents;
  readonly resolve: (note: EndNote) => void;
  readonly reject: (error: SpawnHelperError) => void;
  started?: StartedNote;
}

const RUN_ID_MAX = 2 ** 32 - 1;
const STDERR_CHARS_MAX = 2_000;

/** The server's end of one helper process. */
export class HelperProcess {
  readonly kind: HelperKind;
  readonly #child: ChildProcess;
  readonly #socket: Duplex;
  readonly #logger: Logger;
  readonly #runs = new Map<number, Run>();
  readonly #childEnv: Record<string, string> = {};
  #lastRun = 0;
  #ready = false;
  #corked = false;
  #folder: string | undefined;
  #onReady: (() => void) | undefined;

  /** @param onExit called once, when the process is gone and its runs are failed */
  constructor(program: HelperProgram, logger: Logger, onReady: () => void, onExit: () => void) {
    this.kind = program.kind;
    this.#logger = logger;
    this.#onReady = onReady;
    const env: Record<string, string | undefined> = { ...process.env };
    for (const name of program.hidden) {
      if (env[name] !== undefined) this.#childEnv[name] = env[name];
      delete env[name];
    }
    this.#child = spawn(program.command, program.args, {
      env: { ...env, ...program.env },
      // A group of its own: Ctrl-C in the server's terminal must not reach it.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#socket = this.#child.stdio[3] as Duplex;
    const reader = new FrameReader((frame) => this.#receive(frame));
    this.#socket.on('data', (chunk: Uint8Array) => reader.push(chunk));
    this.#socket.on('error', () => this.#child.kill('SIGKILL'));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      logger.warn('spawn helper wrote to its error output', { text: text.slice(0, STDERR_CHARS_MAX).trim() });
    });
    let gone = false;
    const exited = (): void => {
      if (gone) return;
      gone = true;
      this.#ready = false;
      this.#failRuns();
      if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
      onExit();
    };
    this.#child.on('error', exited);
    this.#child.on('close', exited);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get runCount(): number {
    return this.#runs.size;
  }

  /** Starts a run; `ended` rejects only when this process ends first. */
  spawn(
    order: Omit<SpawnOrder, 'stdin'>,
    stdin: Uint8Array | undefined,
    events: RunEvents,
  ): { run: number; ended: Promise<EndNote> } {
    do this.#lastRun = this.#lastRun === RUN_ID_MAX ? 1 : this.#lastRun + 1;
    while (this.#runs.has(this.#lastRun));
    const run = this.#lastRun;
    const whole: SpawnOrder = { ...order, env: { ...this.#childEnv, ...order.env }, stdin: stdin !== undefined };
    if (hasNul(whole)) return { run, ended: Promise.resolve(CANNOT_BE_TOLD) };
    const ended = new Promise<EndNote>((resolve, reject) => this.#runs.set(run, { events, resolve, reject }));
    this.#send(Kind.Spawn, run, encodeOrder(whole));
    if (stdin) this.#send(Kind.Stdin, run, stdin);
    return { run, ended };
  }

  /** Signals the run's whole group; nothing happens when it ended already. */
  kill(run: number, signal: NodeJS.Signals): void {
    if (this.#runs.has(run)) this.#send(Kind.Kill, run, signal);
  }

  /** The helper kills what it started and ends. */
  hangUp(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#child.kill('SIGKILL');
  }

  #send(kind: number, run: number, body: Uint8Array | string): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(encodeFrame(kind, run, body));
  }

  #receive(frame: Frame): void {
    if (frame.kind === Kind.Ready) {
      this.#ready = true;
      this.#folder = bodyJson<ReadyNote>(frame).folder;
      this.#onReady?.();
      this.#onReady = undefined;
      return;
    }
    const run = this.#runs.get(frame.run);
    if (!run) return;
    if (frame.kind === Kind.Stdout || frame.kind === Kind.Stderr) {
      run.events.output(frame.body, frame.kind === Kind.Stderr);
    } else if (frame.kind === Kind.Started) {
      run.started = decodeStarted(frame.body);
      run.events.started?.(run.started);
    } else if (frame.kind === Kind.End) {
      this.#runs.delete(frame.run);
      run.resolve(decodeEnd(frame.body));
    }
  }

  /** Nobody watches over these children any more: they must not run on beside their retries. */
  #failRuns(): void {
    for (const run of this.#runs.values()) {
      if (run.started) signalGroup(run.started.pid, run.started.startTime, 'SIGKILL');
      run.reject(new SpawnHelperError('crashed', 'spawn helper ended while the command was running', {}));
    }
    if (this.#runs.size > 0) this.#logger.warn('spawn helper ended under its runs', { runs: this.#runs.size });
    this.#runs.clear();
  }
}

/** The system ends texts at a zero byte. */
const CANNOT_BE_TOLD: EndNote = { failure: 'EINVAL', failed: 'file' };

function hasNul({ file, args, argv0 = '', cwd = '', env }: SpawnOrder): boolean {
  const texts = [file, argv0, cwd, ...args, ...Object.keys(env), ...Object.values(env)];
  return texts.some((text) => text.includes('\0'));
}
