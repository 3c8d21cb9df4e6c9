/** Messages that may wait for a reader that pulls; above, the stream is paused. */
const MAX_WAITING = 4;

/** Where the messages come from. */
export interface Source {
  pause(): unknown;
  resume(): unknown;
}

/** Takes the messages of a stream, to be read one by one, or, once it is told to, hands each on as it comes. */
export class Reader<T> {
  readonly #source: Source;
  #waiting: T[] = [];
  #paused = false;
  #ended = false;
  #wake: (() => void) | undefined;
  #push: ((message: T) => void) | undefined;
  #onEnd: (() => void) | undefined;
  #failure: Error | undefined;

  /** The owner of `source` calls `put` for each message, and `end` when nothing more will come. */
  constructor(source: Source) {
    this.#source = source;
  }

  /** Why the stream ended, where it says so. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The next message; undefined at the end. Calls do not overlap. */
  async next(): Promise<T | undefined> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#waiting.shift();
    if (this.#waiting.length < MAX_WAITING) this.#resume();
    return message;
  }

  /** From now on every message is handed to `push`, and the end is told, each in its turn. */
  handOn(push: (message: T) => void, onEnd: () => void): void {
    this.#push = push;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) push(message);
    if (this.#ended) onEnd();
    else this.#onEnd = onEnd;
    this.#resume();
  }

  /** The first counts. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#onEnd?.();
  }

  put(message: T): void {
    if (this.#ended) return;
    if (this.#push !== undefined) {
      this.#push(message);
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length >= MAX_WAITING && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    this.#wake?.();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }
}
