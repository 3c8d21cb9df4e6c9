import type { Random } from '@dkron/runtime';

const FULL = 1 << 30;

/** Waits between tries: `min` × 2ⁿ up to `max`, ± 50 %. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #tries = 0;

  constructor(minMs: number, maxMs: number, random: Random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Milliseconds to wait now, after one more failure. */
  next(): number {
    const plainMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return plainMs * (0.5 + this.#random.nextInt(FULL) / FULL);
  }

  /** As long as it gets: for failures that another try will not mend. */
  exhaust(): number {
    this.#tries = 30;
    return this.next();
  }

  reset(): void {
    this.#tries = 0;
  }
}
