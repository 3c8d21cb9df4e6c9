import type { Readable } from 'node:stream';

/** Messages that may wait for a reader that pulls; above, the stream is paused. */
const MAX_WAITING = 4;

/** Reads the messages of a stream one by one, or, once it is told to, hands each on as it comes. */
export class Reader<T> {
  readonly #stream: Readable;
  #waiting: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #push: ((message: T) => void) | undefined;
  #onEnd: (() => void) | undefined;
  /** Why the stream ended, where it says so. */
  failure: Error | undefined;

  /** `end` must be called by the owner when nothing more will come. */
  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (message: T) => this.#take(message));
    stream.on('error', (error: Error) => {
      this.failure ??= error;
    });
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
    if (this.#waiting.length < MAX_WAITING && this.#stream.isPaused()) this.#stream.resume();
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
    this.#stream.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#onEnd?.();
  }

  #take(message: T): void {
    if (this.#ended) return;
    if (this.#push !== undefined) {
      this.#push(message);
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length >= MAX_WAITING) this.#stream.pause();
    this.#wake?.();
  }
}
