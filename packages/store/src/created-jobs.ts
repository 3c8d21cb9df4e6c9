import type { KnownJob } from './recent-jobs.ts';

const NOWHERE = -1;

/**
 * Jobs just created, decoded, by their slot: one for each remainder, so that the newest of as many in a row are there.
 * No Map: V8 gives one that is filled and emptied a new table again and again, each knows the next, and the first that
 * gets old keeps all later ones, with what was in them, until the whole heap is collected.
 */
export class CreatedJobs {
  readonly #slots: Int32Array;
  readonly #jobs: (KnownJob | undefined)[];

  /** @param max a power of two */
  constructor(max: number) {
    this.#slots = new Int32Array(max).fill(NOWHERE);
    this.#jobs = Array.from({ length: max });
  }

  get(slot: number): KnownJob | undefined {
    const at = slot & (this.#slots.length - 1);
    return this.#slots[at] === slot ? this.#jobs[at] : undefined;
  }

  set(slot: number, known: KnownJob): void {
    const at = slot & (this.#slots.length - 1);
    this.#slots[at] = slot;
    this.#jobs[at] = known;
  }

  delete(slot: number): void {
    const at = slot & (this.#slots.length - 1);
    if (this.#slots[at] !== slot) return;
    this.#slots[at] = NOWHERE;
    this.#jobs[at] = undefined;
  }

  clear(): void {
    this.#slots.fill(NOWHERE);
    this.#jobs.fill(undefined);
  }
}
