import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FifoEnds {
  readonly path: string;
  readonly readFd: number;
  readonly writeFd: number;
}

const BATCH = 32;

/**
 * Real pipes for children. Node gives a child a socket instead, and a script cannot open a socket by name:
 * `echo oops > /dev/stderr` would fail. Node cannot make a pipe either, but `mkfifo` can, and a FIFO is as good as new
 * once both its ends are closed, so a few serve any number of runs.
 */
export class FifoPool {
  #folder: string | undefined;
  #count = 0;
  readonly #idle: string[] = [];

  /** Makes the first few. Throws where there is no `mkfifo`. */
  prepare(): void {
    this.#make();
  }

  /** The child keeps the write end; the read end does not block. */
  openForOutput(): FifoEnds {
    return this.#open((path) => {
      const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { path, readFd, writeFd: openAfter(readFd, path, constants.O_WRONLY) };
    });
  }

  /** The child keeps the read end; the write end does not block. */
  openForInput(): FifoEnds {
    return this.#open((path) => {
      // Opening either end alone waits for the other; a third descriptor for both breaks the tie.
      const bothFd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      const readFd = openAfter(bothFd, path, constants.O_RDONLY);
      const writeFd = openAfter(readFd, path, constants.O_WRONLY | constants.O_NONBLOCK);
      closeSync(bothFd);
      return { path, readFd, writeFd };
    });
  }

  /** Takes back a FIFO nobody has open any more. */
  release(path: string): void {
    this.#idle.push(path);
  }

  /** Drops a FIFO somebody may still write to: what such a process prints must not show up in another run. */
  discard(path: string): void {
    rmSync(path, { force: true });
  }

  close(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
    this.#idle.length = 0;
  }

  #open(ends: (path: string) => FifoEnds): FifoEnds {
    const path = this.#take();
    try {
      return ends(path);
    } catch (error) {
      // Somebody cleaned up the temporary folder: start anew, once.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#idle.push(path);
        throw error;
      }
      this.close();
      return ends(this.#take());
    }
  }

  #take(): string {
    if (this.#idle.length === 0) this.#make();
    return this.#idle.pop() as string;
  }

  #make(): void {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'dkron-spawn-'));
    const paths = Array.from({ length: BATCH }, () => join(this.#folder as string, String(this.#count++)));
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    this.#idle.push(...paths);
  }
}

function openAfter(otherFd: number, path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    closeSync(otherFd);
    throw error;
  }
}
