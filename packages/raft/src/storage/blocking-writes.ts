/** Larger batches take the thread pool: they cost more than it does. */
const MAX_BYTES = 4096;
/** A write that took the thread pool is quick below this; one that the event loop waited for, below that. */
const QUICK_MS = 1;
const QUICK_BLOCKING_MS = 5;
/** Quick writes in a row before the event loop waits for one; doubled by each slow one that it waited for. */
const LEAST_QUICK = 64;
const MOST_QUICK = 65_536;
/** Quick writes that the event loop waited for after which the past is forgotten. */
const FORGET_AFTER = 16_384;

/**
 * Decides whether the event loop may wait for the disk: only while the last writes were quick. After a slow one it does
 * not for a while, which doubles with each: a disk with spikes holds it up ever more rarely.
 */
export class BlockingWrites {
  #quick = 0;
  #needed = LEAST_QUICK;

  get allowed(): boolean {
    return this.#quick >= this.#needed;
  }

  /** Whether a batch of this size may be waited for now. */
  takes(bytes: number): boolean {
    return bytes > 0 && bytes <= MAX_BYTES && this.allowed;
  }

  /** A batch of one entry was written and synced. */
  observe(durationMs: number, blocking: boolean): void {
    if (durationMs <= (blocking ? QUICK_BLOCKING_MS : QUICK_MS)) {
      this.#quick += 1;
      if (this.#quick >= this.#needed + FORGET_AFTER) {
        this.#needed = LEAST_QUICK;
        this.#quick = LEAST_QUICK;
      }
      return;
    }
    this.#quick = 0;
    if (blocking) this.#needed = Math.min(MOST_QUICK, this.#needed * 2);
  }
}
