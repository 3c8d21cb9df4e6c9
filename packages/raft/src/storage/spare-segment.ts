import { writeZeros } from './disk.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isMissing } from './errors.ts';

/** A file of zeros, allocated and durable, waiting to become a segment. */
export interface Spare {
  readonly path: string;
  readonly file: DiskFile;
  readonly capacity: number;
}

const NEXT = 'next.tmp';
const LARGE = 'large.tmp';

/**
 * Allocates the next segment in the background, before it is needed: rotation never waits for the disk to find space,
 * and a full disk shows while a whole segment can still be written.
 */
export class SpareSegment {
  readonly #dir: string;
  readonly #bytes: number;
  readonly #disk: Disk;
  #ready: Spare | undefined;
  #making: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: { readonly dir: string; readonly bytes: number }, modules: { readonly disk: Disk }) {
    this.#dir = options.dir;
    this.#bytes = options.bytes;
    this.#disk = modules.disk;
  }

  get readyBytes(): number {
    return this.#ready?.capacity ?? 0;
  }

  /** Why there is no spare; cleared by the next attempt. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Begins to allocate unless there is a spare or one is under way. Never rejects: see `failure`. */
  prepare(): Promise<void> {
    if (this.#ready !== undefined) return Promise.resolve();
    this.#making ??= this.#make();
    return this.#making;
  }

  /** A spare of at least `bytes`. Rejects with the disk's error. */
  async take(bytes: number): Promise<Spare> {
    if (bytes > this.#bytes) return this.#allocate(LARGE, bytes);
    await this.prepare();
    const spare = this.#ready;
    if (spare === undefined) throw this.#failure;
    this.#ready = undefined;
    return spare;
  }

  async close(): Promise<void> {
    await this.#making;
    await this.#ready?.file.close();
    this.#ready = undefined;
  }

  async #make(): Promise<void> {
    this.#failure = undefined;
    try {
      this.#ready = await this.#allocate(NEXT, this.#bytes);
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#making = undefined;
    }
  }

  async #allocate(name: string, capacity: number): Promise<Spare> {
    const path = `${this.#dir}/${name}`;
    await this.#removeLeftover(path);
    const file = await this.#disk.open(path, { create: true });
    try {
      await writeZeros(file, 0, capacity);
      return { path, file, capacity };
    } catch (error) {
      await file.close();
      await this.#removeLeftover(path);
      throw error;
    }
  }

  async #removeLeftover(path: string): Promise<void> {
    try {
      await this.#disk.remove(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
