import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
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

  /** Where the FIFOs are; undefined before the first. */
  get folder(): string | undefined {
    return this.#folder;
  }

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

  /**
   * A child's whole input as a file that has no name any more. A FIFO would not do: a script that opens `/dev/stdin`
   * after the last byte was written would wait for another writer for ever.
   *
   * @returns the descriptor for the child
   */
  openInput(bytes: Uint8Array): number {
    const path = join(this.#folder as string, `input-${this.#count++}`);
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o666 });
    try {
      return openSync(path, constants.O_RDONLY);
    } finally {
      rmSync(path, { force: true });
    }
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
    this.#folder ??= mkdtempSync(join(tmpdir(), `dkron-spawn-${process.pid}-`));
    const paths = Array.from({ length: BATCH }, () => join(this.#folder as string, String(this.#count++)));
    // Open to other users, for `su`: they may open their own output by name. The folder is closed to them.
    execFileSync('mkfifo', ['-m', '666', ...paths], { stdio: 'ignore' });
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
