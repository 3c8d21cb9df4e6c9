import type { Timers } from '@dkron/runtime';
import type { Message } from '../core/message.ts';

/** Whether waiting for more would gain nothing: one message, of one entry at most. */
export function isSmall(messages: readonly Message[]): boolean {
  return messages.length === 1 && messages[0]!.entries.length <= 1;
}

/** Looks in one turn of the event loop that need not wait for its end: one for a message, one for the command that follows an answer. */
const HASTENED = 2;

/** When the engine looks at what there is to do: once the present turn of the event loop is over, however often asked. */
export class Turns {
  readonly #timers: Timers;
  readonly #turn: () => void;
  readonly #end: () => void;
  /** The end of the present turn of the event loop is awaited. */
  #pending = false;
  #wanted = false;
  #hastened = 0;

  /** `end` runs when a turn of the event loop is over, before the look that follows it. */
  constructor(timers: Timers, { turn, end }: { readonly turn: () => void; readonly end: () => void }) {
    this.#timers = timers;
    this.#turn = turn;
    this.#end = end;
  }

  schedule(): void {
    this.#wanted = true;
    if (this.#pending) return;
    this.#pending = true;
    this.#timers.nextTurn(() => {
      this.#end();
      this.#pending = false;
      this.#hastened = 0;
      this.#look();
    });
  }

  /** At the latest behind the present stretch of code, unless that happened often enough in this turn of the event loop. */
  hasten(): void {
    this.schedule();
    if (this.#hastened >= HASTENED) return;
    this.#hastened += 1;
    queueMicrotask(() => this.#look());
  }

  #look(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#turn();
  }
}
