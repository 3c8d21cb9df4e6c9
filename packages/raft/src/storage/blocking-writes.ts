import type { Clock } from '@dkron/runtime';

/** Larger batches take the thread pool: they cost more than it does. */
const MAX_BYTES = 4096;
/** A write is quick up to this; one that the event loop waited for longer than that is followed by a pause. */
const QUICK_MS = 1;
const TOLERATED_MS = 5;
/** What allows waiting: each quick write adds one, each slow one takes so many, so that one slow in 17 is too many. */
const ENOUGH = 64;
const MOST = 2 * ENOUGH;
const SLOW_TAKES = 16;
/** A pause is so many times as long as the write before it: the part of the time that slow writes hold up the event loop. */
const PAUSE_TIMES = 50;

/**
 * Decides whether the event loop may wait for the disk: only while nearly all writes are quick. After one that held it
 * up it does not for 50 times as long, and not before the disk was quick for many writes: spikes of the disk take
 * 2 % of the event loop's time at most, and one that hung for long is left alone for long.
 */
export class BlockingWrites {
  readonly #clock: Clock;
  #quick = 0;
  #pausedUntilMs = -Infinity;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  get allowed(): boolean {
    return this.#quick >= ENOUGH && this.#clock.monotonicMs() >= this.#pausedUntilMs;
  }

  /** Whether a batch of this size may be waited for now. */
  takes(bytes: number): boolean {
    return bytes > 0 && bytes <= MAX_BYTES && this.allowed;
  }

  /** A batch of one entry was written and synced. */
  observe(durationMs: number, blocking: boolean): void {
    if (durationMs <= QUICK_MS) {
      this.#quick = Math.min(MOST, this.#quick + 1);
    } else if (blocking && durationMs > TOLERATED_MS) {
      this.#quick = 0;
      this.#pausedUntilMs = this.#clock.monotonicMs() + PAUSE_TIMES * durationMs;
    } else {
      this.#quick = Math.max(0, this.#quick - SLOW_TAKES);
    }
  }
}
