import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1 << 20;
const CHUNK_BYTES = 4 * MIB;
const PATIENCE = 10_000;

/** A data folder of its own small file system, which can be filled. */
export class SmallDisk {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @returns undefined where mounting is not permitted */
  static mount(path: string, mebibytes: number): SmallDisk | undefined {
    mkdirSync(path, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'dkron-chaos', path], { stdio: 'ignore' });
      return new SmallDisk(path);
    } catch {
      return undefined;
    }
  }

  fill(): void {
    for (let i = 0; i < PATIENCE; i++) {
      const { bavail, bsize } = statfsSync(this.#path);
      const bytes = Math.min(bavail * bsize, CHUNK_BYTES);
      if (bytes === 0) return;
      try {
        writeFileSync(join(this.#path, `filler-${i}`), Buffer.alloc(bytes));
      } catch {
        // The node wrote meanwhile.
        return;
      }
    }
  }

  free(): void {
    for (let i = 0; i < PATIENCE; i++) rmSync(join(this.#path, `filler-${i}`), { force: true });
  }

  unmount(): void {
    try {
      execFileSync('umount', ['-l', this.#path], { stdio: 'ignore' });
    } catch {
      // Never mounted, or gone already.
    }
  }
}
