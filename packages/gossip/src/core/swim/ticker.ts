import type { Random } from '@dkron/runtime';

/** Something done again and again. Ticks that were missed are skipped, the rhythm stays. */
export class Ticker {
  readonly #intervalMs: () => number;
  #nextMs = Infinity;

  /** `intervalMs` is asked after each tick; 0: never. */
  constructor(intervalMs: () => number) {
    this.#intervalMs = intervalMs;
  }

  /** `Infinity` before {@link start}. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** First tick at a random point of the first interval, so that a pool started at once does not act at once. */
  start(nowMs: number, random: Random): void {
    const intervalMs = this.#intervalMs();
    if (intervalMs > 0) this.#nextMs = nowMs + random.nextInt(Math.max(1, Math.ceil(intervalMs)));
  }

  isDue(nowMs: number): boolean {
    return this.#nextMs <= nowMs;
  }

  /** To the first tick of the rhythm after now. */
  advance(nowMs: number): void {
    const intervalMs = this.#intervalMs();
    const missed = Math.max(0, Math.floor((nowMs - this.#nextMs) / intervalMs));
    this.#nextMs += (missed + 1) * intervalMs;
  }
}
