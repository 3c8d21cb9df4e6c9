import type { SerfPushPullEffect } from '../core/serf/effects.ts';

/** Exchanges at the same time; others wait. */
const MAX_RUNNING = 16;
/** More than a join may have; the core bounds its joins too. */
const MAX_WAITING = 4096;

/** Exchanges of tables that we begin: some at a time. */
export class Exchanges {
  readonly #exchange: (effect: SerfPushPullEffect) => Promise<string | undefined>;
  readonly #ended: (effect: SerfPushPullEffect, failure?: string) => void;
  readonly #waiting: SerfPushPullEffect[] = [];
  #running = 0;
  #stopped = false;

  /** @param exchange - does one; resolves with why it failed, if it did; never rejects */
  constructor(
    exchange: (effect: SerfPushPullEffect) => Promise<string | undefined>,
    ended: (effect: SerfPushPullEffect, failure?: string) => void,
  ) {
    this.#exchange = exchange;
    this.#ended = ended;
  }

  add(effect: SerfPushPullEffect): void {
    if (this.#waiting.length >= MAX_WAITING) this.#ended(effect, `${MAX_WAITING} exchanges wait`);
    else this.#waiting.push(effect);
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  #next(): void {
    if (this.#running >= MAX_RUNNING) return;
    const effect = this.#waiting.shift();
    if (effect === undefined) return;
    this.#running++;
    void this.#exchange(effect).then((failure) => {
      this.#running--;
      if (this.#stopped) return;
      this.#ended(effect, failure);
      this.#next();
    });
  }
}
