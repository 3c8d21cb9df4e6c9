import type { Cancel, Timers } from '@dkron/runtime';

/** When the engine looks at what there is to do: once the present turn of the event loop is over, however often asked. */
export class Turns {
  readonly #timers: Timers;
  readonly #turn: () => void;
  #scheduled: Cancel | undefined;
  #hastened = false;

  constructor(timers: Timers, turn: () => void) {
    this.#timers = timers;
    this.#turn = turn;
  }

  schedule(): void {
    this.#scheduled ??= this.#timers.nextTurn(() => {
      this.#scheduled = undefined;
      this.#hastened = false;
      this.#turn();
    });
  }

  /** At the latest behind the present stretch of code, if that did not happen in this turn of the event loop before. */
  hasten(): void {
    this.schedule();
    if (this.#hastened) return;
    this.#hastened = true;
    queueMicrotask(() => {
      if (this.#scheduled === undefined) return;
      this.#scheduled();
      this.#scheduled = undefined;
      this.#turn();
    });
  }
}
