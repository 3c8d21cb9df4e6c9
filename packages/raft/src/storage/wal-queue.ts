import type { Entry } from '../core/types.ts';
import type { LogChange } from './log-record.ts';

/** An operation waiting for its turn. Without a change it only waits for those before it; `resolve` runs at its turn. */
export interface WalOperation {
  readonly change: LogChange | undefined;
  readonly entries: readonly Entry[];
  readonly sync: boolean;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** FIFO of operations with a count of their bytes; removal from the front is constant time, amortized. */
export class WalQueue {
  #items: (WalOperation | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(change: LogChange, bytes: number, entries: readonly Entry[], sync: boolean): Promise<void> {
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#items.push({ change, entries, sync, bytes, resolve, reject });
    });
  }

  /** Calls `run` when everything pushed before has settled, before anything pushed later takes effect. */
  after<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const inTurn = (): void => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      };
      this.#items.push({ change: undefined, entries: [], sync: false, bytes: 0, resolve: inTurn, reject });
    });
  }

  peek(): WalOperation | undefined {
    return this.#items[this.#head];
  }

  shift(): void {
    const item = this.#items[this.#head]!;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= item.bytes;
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Rejects the first, and the appends behind it. What else waits keeps its turn: it needs no room to speak of. */
  refuse(error: unknown): void {
    const [first, ...rest] = this.#items.slice(this.#head) as WalOperation[];
    const refused = rest.filter(({ change }) => change?.kind === 'append');
    this.#items = rest.filter(({ change }) => change?.kind !== 'append');
    this.#head = 0;
    this.#bytes = this.#items.reduce((sum, item) => sum + item!.bytes, 0);
    for (const item of [first!, ...refused]) item.reject(error);
  }

  rejectAll(error: unknown): void {
    for (let item = this.peek(); item !== undefined; item = this.peek()) {
      this.shift();
      item.reject(error);
    }
  }
}
