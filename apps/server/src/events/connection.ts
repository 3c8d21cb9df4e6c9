/** The part of a response that a stream of events writes to. */
export interface Sink {
  write(text: string): boolean;
  readonly writableLength: number;
  readonly writableNeedDrain: boolean;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** Unsent bytes above which a reader counts as too slow. */
const UNSENT_BYTES_MAX = 1_048_576;
const COMMENT = ': still here\n\n';

/** One open stream of events. It never waits for its reader: one that does not read is cut. */
export class Connection {
  readonly #sink: Sink;
  readonly #onClose: (() => void)[] = [];
  #open = true;
  /** Beats since the reader has last taken everything. */
  #stalledBeats = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
    sink.on('close', () => this.#closed());
    // The end of a connection is told by its close.
    sink.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** False while the reader has not taken what it was sent before. */
  get isReady(): boolean {
    return this.#open && !this.#sink.writableNeedDrain;
  }

  /** Calls `listener` once, whoever ends the stream; at once when it has ended. */
  onClose(listener: () => void): void {
    if (this.#open) this.#onClose.push(listener);
    else listener();
  }

  onDrain(listener: () => void): void {
    this.#sink.on('drain', listener);
  }

  write(text: string): void {
    if (!this.#open) return;
    this.#sink.write(text);
    if (this.#sink.writableLength > UNSENT_BYTES_MAX) this.cut();
  }

  /** From time to time: shows both sides that the other one is there. A reader that took nothing for two beats is cut. */
  beat(): void {
    if (!this.#open) return;
    if (!this.#sink.writableNeedDrain) {
      this.#stalledBeats = 0;
      this.write(COMMENT);
    } else if (++this.#stalledBeats >= 2) this.cut();
  }

  /** Ends the stream after what was written. */
  end(): void {
    if (this.#open) this.#sink.end();
  }

  /** Ends the stream at once. */
  cut(): void {
    if (!this.#open) return;
    this.#sink.destroy();
    this.#closed();
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#onClose) listener();
  }
}
