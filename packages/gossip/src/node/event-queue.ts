/** Events between who makes them and one who reads them at its own pace. Bounded: the oldest give way. */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  #items: T[] = [];
  #dropped = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param onEnd - called once, when nobody reads any more */
  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  /** How many the reader missed. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
    this.#wake?.();
  }

  /** No more come: the reader gets what is left, then the end. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#onEnd();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const others = this.#wake;
        this.#wake = () => {
          this.#wake = undefined;
          others?.();
          resolve();
        };
      });
    }
    if (this.#items.length === 0) return { done: true, value: undefined };
    return { done: false, value: this.#items.shift()! };
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
