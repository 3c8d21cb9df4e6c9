import type { Random } from '@dkron/runtime';

const FULL = 1 << 30;

/** Waits between tries: `min` × 2ⁿ, ± 50 %, never more than `max`. */
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
    return Math.min(this.#maxMs, plainMs * (0.5 + this.#random.nextInt(FULL) / FULL));
  }

  reset(): void {
    this.#tries = 0;
  }
}
