import type { SessionChannel } from '@dkron/jobs';
import { messageOf, type Timers } from '@dkron/runtime';

/** A gRPC message grows to about this; one session message may be larger. */
const PIECE_BYTES = 256 * 1024;
/** Messages encoded together, at most and at first: fewer when they turn out to be large. */
const PIECE_MESSAGES_MAX = 256;
const PIECE_MESSAGES_FIRST = 32;
/** Bytes handed to the stream and not on their way yet, at most, and one piece more. */
const UNSENT_BYTES_MAX = 1024 * 1024;
/** Both windows of a session are 256; who lets more than this pile up takes nothing any more. */
const WAITING_MAX = 8_192;

/** The stream under a channel. */
export interface ByteStream {
  /** Calls back once the bytes are on their way. */
  write(bytes: Uint8Array, written: () => void): void;
  /** What was written goes out; then the stream ends. Once. */
  end(reason: string): void;
  /** The stream ends now. Once, instead of `end`. */
  abort(reason: string): void;
}

/**
 * A session channel over a stream of bytes: what was sent in one turn of the event loop goes out together, in pieces,
 * and only as fast as the stream takes it.
 */
export class ByteChannel<Out> implements SessionChannel<Out> {
  readonly #encode: (messages: readonly Out[]) => Uint8Array;
  readonly #timers: Timers;
  readonly #closed: (reason: string) => void;
  #stream: ByteStream | undefined;
  #waiting: Out[] = [];
  #flushing = false;
  #unsentBytes = 0;
  #pieceMessages = PIECE_MESSAGES_FIRST;
  #open = true;
  /** Closed, with messages still to go out. */
  #ending: string | undefined;

  /** @param closed called once, when either side ended the channel */
  constructor(encode: (messages: readonly Out[]) => Uint8Array, timers: Timers, closed: (reason: string) => void) {
    this.#encode = encode;
    this.#timers = timers;
    this.#closed = closed;
  }

  get open(): boolean {
    return this.#open;
  }

  /** From now on messages go to `stream`. */
  attach(stream: ByteStream): void {
    this.#stream = stream;
    this.#flush();
  }

  send(messages: readonly Out[]): void {
    if (!this.#open || messages.length === 0) return;
    for (const message of messages) this.#waiting.push(message);
    if (this.#waiting.length > WAITING_MAX) return this.#abort('the other side takes nothing');
    if (this.#flushing) return;
    this.#flushing = true;
    this.#timers.nextTurn(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** What was sent before still goes out, if the other side takes it. */
  close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ending = reason;
    this.#flush();
    this.#closed(reason);
  }

  /** The stream ended by itself. */
  ended(reason: string): void {
    this.#stream = undefined;
    this.#waiting = [];
    if (!this.#open) return;
    this.#open = false;
    this.#closed(reason);
  }

  #abort(reason: string): void {
    const stream = this.#stream;
    this.ended(reason);
    stream?.abort(reason);
  }

  #flush(): void {
    if (this.#stream === undefined) return;
    try {
      this.#writeWaiting();
    } catch (error) {
      return this.#abort(`cannot be encoded: ${messageOf(error)}`);
    }
    if (this.#ending !== undefined && this.#waiting.length === 0) {
      const stream = this.#stream;
      this.#stream = undefined;
      stream.end(this.#ending);
    }
  }

  #writeWaiting(): void {
    let from = 0;
    while (from < this.#waiting.length && this.#unsentBytes < UNSENT_BYTES_MAX) {
      from += this.#writePiece(from, Math.min(this.#pieceMessages, this.#waiting.length - from));
    }
    if (from > 0) this.#waiting.splice(0, from);
  }

  /** Writes `limit` messages from `from` on, or as many as fit into a piece; answers how many. */
  #writePiece(from: number, limit: number): number {
    let count = limit;
    let bytes = this.#encode(this.#waiting.slice(from, from + count));
    while (bytes.length > PIECE_BYTES && count > 1) {
      count = Math.ceil(count / 2);
      bytes = this.#encode(this.#waiting.slice(from, from + count));
      this.#pieceMessages = count;
    }
    const { length } = bytes;
    if (length < PIECE_BYTES / 2 && count === this.#pieceMessages) {
      this.#pieceMessages = Math.min(PIECE_MESSAGES_MAX, count * 2);
    }
    this.#unsentBytes += length;
    this.#stream?.write(bytes, () => {
      this.#unsentBytes -= length;
      if (this.#waiting.length > 0 && !this.#flushing) this.#flush();
    });
    return count;
  }
}
