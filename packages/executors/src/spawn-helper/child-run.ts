import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { FifoEnds, FifoPool } from './fifo-pool.ts';
import type { EndNote, SpawnOrder, StartedNote } from './frames.ts';
import { readStartTime, signalGroup } from './process-stat.ts';

export interface ChildRunEvents {
  started(note: StartedNote): void;
  output(chunk: Uint8Array, stderr: boolean): void;
  /** The last event. */
  ended(note: EndNote): void;
}

/** How long a killed run may keep its output open through a process that left its group. */
const CLOSE_AFTER_KILL_MS = 1_000;
/** How often a group that was asked to end is looked at once its first process is gone. */
const GROUP_POLL_MS = 20;

type Fifos = [stdin: FifoEnds | undefined, stdout: FifoEnds, stderr: FifoEnds];

/** One child in a process group of its own. Ends when its process ended and its output is closed. */
export class ChildRun {
  readonly #events: ChildRunEvents;
  readonly #fifos: FifoPool | undefined;
  readonly #readers = new Map<Readable, FifoEnds | undefined>();
  #child: ChildProcess | undefined;
  #stdin: Writable | undefined;
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

  start(order: SpawnOrder, env: Readonly<Record<string, string>>): void {
    let fifos: Fifos | undefined;
    try {
      fifos = this.#fifos && openFifos(this.#fifos, order.stdin);
      const child = spawn(order.file, order.args, {
        argv0: order.argv0 ?? order.file,
        cwd: order.cwd,
        env,
        uid: order.uid,
        gid: order.gid,
        detached: true,
        stdio: fifos ? [fifos[0]?.readFd ?? 'ignore', fifos[1].writeFd, fifos[2].writeFd] : socketStdio(order.stdin),
      } as Parameters<typeof spawn>[2] & object);
      this.#child = child;
      child.on('error', (error) => this.#fail(error, order.cwd));
      child.on('exit', (code, signal) => this.#exited(code, signal));
    } catch (error) {
      this.#release(fifos);
      this.#fail(error, order.cwd);
      return;
    }
    this.#attach(this.#child, fifos);
    const pid = this.#child.pid;
    if (pid === undefined) return;
    this.#startTime = readStartTime(pid);
    this.#events.started(this.#startTime === undefined ? { pid } : { pid, startTime: this.#startTime });
  }

  /** Everything the child reads. A child that does not read it all is not at fault. */
  feed(bytes: Uint8Array): void {
    this.#stdin?.end(bytes);
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

  #attach(child: ChildProcess, fifos: Fifos | undefined): void {
    if (fifos) {
      for (const fd of [fifos[0]?.readFd, fifos[1].writeFd, fifos[2].writeFd]) if (fd !== undefined) closeSync(fd);
      if (fifos[0]) {
        const fifo = fifos[0];
        this.#stdin = new Socket({ fd: fifo.writeFd, readable: false, writable: true });
        // The child may still hold the other end: this name is not used again.
        this.#stdin.on('close', () => this.#fifos?.discard(fifo.path));
      }
      this.#read(new Socket({ fd: fifos[1].readFd, readable: true, writable: false }), false, fifos[1]);
      this.#read(new Socket({ fd: fifos[2].readFd, readable: true, writable: false }), true, fifos[2]);
    } else {
      this.#stdin = child.stdin ?? undefined;
      if (child.stdout) this.#read(child.stdout, false);
      if (child.stderr) this.#read(child.stderr, true);
    }
    this.#stdin?.on('error', () => this.#stdin?.destroy());
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

  #release(fifos: Fifos | undefined): void {
    for (const fifo of fifos ?? []) {
      if (!fifo) continue;
      closeSync(fifo.readFd);
      closeSync(fifo.writeFd);
      this.#fifos?.release(fifo.path);
    }
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = signal === null ? { exitCode: code ?? 0 } : { signal };
    this.#stdin?.destroy();
    if (this.#killed) this.#closeSoon();
    this.#settle();
  }

  #fail(error: unknown, cwd: string | undefined): void {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const cwdCode = cwd === undefined ? undefined : folderProblem(cwd);
    this.#exit = cwdCode === undefined ? { failure: code, failed: 'file' } : { failure: cwdCode, failed: 'cwd' };
    this.#stdin?.destroy();
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
    if (this.#terminating && group !== undefined && groupExists(group)) {
      setTimeout(() => this.#settle(), GROUP_POLL_MS);
      return;
    }
    this.#ended = true;
    this.#events.ended(this.#exit);
  }
}

function openFifos(pool: FifoPool, stdin: boolean): Fifos {
  const opened: FifoEnds[] = [];
  const keep = (ends: FifoEnds): FifoEnds => {
    opened.push(ends);
    return ends;
  };
  try {
    return [stdin ? keep(pool.openForInput()) : undefined, keep(pool.openForOutput()), keep(pool.openForOutput())];
  } catch (error) {
    for (const ends of opened) {
      closeSync(ends.readFd);
      closeSync(ends.writeFd);
      pool.release(ends.path);
    }
    throw error;
  }
}

function socketStdio(stdin: boolean): StdioOptions {
  return [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'];
}

/** Node reports a bad working directory as if the program were missing. */
function folderProblem(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'ENOTDIR';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'ENOENT';
  }
}

function groupExists(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}
