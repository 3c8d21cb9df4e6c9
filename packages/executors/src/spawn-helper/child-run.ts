import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { FifoEnds, FifoPool } from './fifo-pool.ts';
import type { EndNote, SpawnOrder, StartedNote } from './messages.ts';
import { groupRuns, readStartTime, signalGroup } from './process-stat.ts';

export interface ChildRunEvents {
  started(note: StartedNote): void;
  output(chunk: Uint8Array, stderr: boolean): void;
  /** The last event. */
  ended(note: EndNote): void;
}

/** How long a killed run may keep its output open through a process that left its group. */
const CLOSE_AFTER_KILL_MS = 1_000;
/** How often a group that was asked to end is looked at once its first process is gone. */
const GROUP_POLL_MS = 50;

type Fifos = [stdout: FifoEnds, stderr: FifoEnds];

/** One child in a process group of its own. Ends when its process ended and its output is closed. */
export class ChildRun {
  readonly #events: ChildRunEvents;
  readonly #fifos: FifoPool | undefined;
  readonly #readers = new Map<Readable, FifoEnds | undefined>();
  #child: ChildProcess | undefined;
  #startTime: string | undefined;
  #exit: EndNote | undefined;
  #terminating = false;
  #killed = false;
  #ended = false;

  /** @param fifos absent = Node's own sockets serve as pipes */
  constructor(fifos: FifoPool | undefined, events: ChildRunEvents) {
    this.#fifos = fifos;
    this.#events = events;
  }

  /** @param stdin everything the child reads; a child that does not read it all is not at fault */
  start(order: SpawnOrder, env: Readonly<Record<string, string>>, stdin: Uint8Array | undefined): void {
    let fifos: Fifos | undefined;
    let stdinFd: number | undefined;
    try {
      if (this.#fifos) {
        fifos = openFifos(this.#fifos);
        if (stdin) stdinFd = this.#fifos.openInput(stdin);
      }
      const child = spawn(order.file, order.args, {
        argv0: order.argv0 ?? order.file,
        cwd: order.cwd,
        env,
        uid: order.uid,
        gid: order.gid,
        detached: true,
        stdio: fifos
          ? [stdinFd ?? 'ignore', fifos[0].writeFd, fifos[1].writeFd]
          : [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      } as Parameters<typeof spawn>[2] & object);
      this.#child = child;
      child.on('error', (error) => this.#fail(error, order.cwd));
      child.on('exit', (code, signal) => this.#exited(code, signal));
    } catch (error) {
      if (this.#fifos) for (const ends of fifos ?? []) closeEnds(ends, this.#fifos);
      this.#fail(error, order.cwd);
      return;
    } finally {
      if (stdinFd !== undefined) closeSync(stdinFd);
    }
    this.#attach(this.#child, fifos, stdin);
    const pid = this.#child.pid;
    if (pid === undefined) return;
    this.#startTime = readStartTime(pid);
    this.#events.started(this.#startTime === undefined ? { pid } : { pid, startTime: this.#startTime });
  }

  signal(signal: NodeJS.Signals): void {
    const group = this.#child?.pid;
    if (group === undefined || this.#ended) return;
    signalGroup(group, this.#startTime, signal);
    this.#terminating = true;
    if (signal !== 'SIGKILL' || this.#killed) return;
    this.#killed = true;
    if (this.#exit) this.#closeSoon();
  }

  pause(): void {
    for (const reader of this.#readers.keys()) reader.pause();
  }

  resume(): void {
    for (const reader of this.#readers.keys()) reader.resume();
  }

  #attach(child: ChildProcess, fifos: Fifos | undefined, stdin: Uint8Array | undefined): void {
    if (fifos) {
      for (const [index, fifo] of fifos.entries()) {
        closeSync(fifo.writeFd);
        this.#read(new Socket({ fd: fifo.readFd, readable: true, writable: false }), index === 1, fifo);
      }
      return;
    }
    child.stdin?.on('error', () => child.stdin?.destroy());
    if (stdin) child.stdin?.end(stdin);
    if (child.stdout) this.#read(child.stdout, false);
    if (child.stderr) this.#read(child.stderr, true);
  }

  #read(reader: Readable, stderr: boolean, fifo?: FifoEnds): void {
    this.#readers.set(reader, fifo);
    let complete = false;
    reader.on('data', (chunk: Uint8Array) => this.#events.output(chunk, stderr));
    reader.on('end', () => (complete = true));
    reader.on('error', () => reader.destroy());
    reader.on('close', () => {
      this.#readers.delete(reader);
      if (fifo && complete) this.#fifos?.release(fifo.path);
      else if (fifo) this.#fifos?.discard(fifo.path);
      this.#settle();
    });
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = signal === null ? { exitCode: code ?? 0 } : { signal };
    if (this.#killed) this.#closeSoon();
    this.#settle();
  }

  #fail(error: unknown, cwd: string | undefined): void {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const cwdCode = cwd === undefined ? undefined : folderProblem(cwd);
    this.#exit = cwdCode === undefined ? { failure: code, failed: 'file' } : { failure: cwdCode, failed: 'cwd' };
    this.#settle();
  }

  #closeSoon(): void {
    setTimeout(() => {
      for (const reader of this.#readers.keys()) reader.destroy();
      this.#terminating = false;
      this.#settle();
    }, CLOSE_AFTER_KILL_MS);
  }

  #settle(): void {
    if (this.#ended || !this.#exit || this.#readers.size > 0) return;
    const group = this.#child?.pid;
    if (this.#terminating && group !== undefined && groupRuns(group)) {
      setTimeout(() => this.#settle(), GROUP_POLL_MS);
      return;
    }
    this.#ended = true;
    this.#events.ended(this.#exit);
  }
}

function openFifos(pool: FifoPool): Fifos {
  const stdout = pool.openForOutput();
  try {
    return [stdout, pool.openForOutput()];
  } catch (error) {
    closeEnds(stdout, pool);
    throw error;
  }
}

function closeEnds(ends: FifoEnds, pool: FifoPool): void {
  closeSync(ends.readFd);
  closeSync(ends.writeFd);
  pool.release(ends.path);
}

/** Node reports a bad working directory as if the program were missing. */
function folderProblem(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'ENOTDIR';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'ENOENT';
  }
}
