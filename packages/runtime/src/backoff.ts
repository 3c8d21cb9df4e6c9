import type { Random } from './random.ts';

const FULL = 1 << 30;
/** Beyond this many doublings every wait is `maxMs`. */
const MOST_DOUBLINGS = 40;

/** Limits of the waits of a `Backoff`, in milliseconds: 0 < `minMs` ≤ `maxMs`. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `ms`, scattered evenly over half of it to one and a half of it. */
export function scatter(ms: number, random: Random): number {
  return ms * (0.5 + random.nextInt(FULL) / FULL);
}

/**
 * Waits between tries: `minMs` doubled with each try, scattered from half to one and a half of that, never more than
 * `maxMs`. Scattered at the limit too, so that many that lost the same server do not come back in one moment.
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #tries = 0;

  /** @throws TypeError for limits out of range */
  constructor({ minMs, maxMs }: BackoffOptions, modules: { readonly random: Random }) {
    if (!(minMs > 0 && minMs <= maxMs && Number.isFinite(maxMs)))
      throw new TypeError(`minMs ${minMs}, maxMs ${maxMs}: 0 < minMs ≤ maxMs < ∞ is allowed`);
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = modules.random;
  }

  /** Milliseconds to wait now, after one more failure. */
  next(): number {
    const plainMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#tries, MOST_DOUBLINGS));
    this.#tries += 1;
    const leastMs = plainMs / 2;
    const mostMs = Math.min(this.#maxMs, plainMs * 1.5);
    return leastMs + ((mostMs - leastMs) * this.#random.nextInt(FULL)) / FULL;
  }

  /** After a success: the next failure is the first again. */
  reset(): void {
    this.#tries = 0;
  }
}
