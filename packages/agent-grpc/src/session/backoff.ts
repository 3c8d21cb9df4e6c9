import type { Random } from '@dkron/runtime';

const FULL = 1 << 30;

/** Half of `ms` to one and a half of it. */
export function jitter(ms: number, random: Random): number {
  return ms * (0.5 + random.nextInt(FULL) / FULL);
}

/** Waits between tries: `min` × 2ⁿ ≤ `max`, ± 50 %. */
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
    return jitter(plainMs, this.#random);
  }

  reset(): void {
    this.#tries = 0;
  }
}
