import { ByteQueue } from '../bytes.ts';
import { PluginWireError } from '../errors.ts';
import type { YamuxFrame } from './frame.ts';
import { YAMUX_FLAGS, YAMUX_WINDOW_BYTES } from './frame.ts';

const WINDOW_MAX = 2 ** 32 - 1;

/** One stream of a session: how much either side may send, and what waits for the other's permission. */
export class YamuxStream {
  readonly id: number;
  readonly #send: (frame: YamuxFrame) => void;
  readonly #queue = new ByteQueue();
  /** What we may send yet. */
  #sendWindow = YAMUX_WINDOW_BYTES;
  /** What the other side may send yet. */
  #receiveWindow = YAMUX_WINDOW_BYTES;
  /** What came and is not consumed, and what is consumed and not yet permitted again. */
  #unconsumed = 0;
  #consumed = 0;
  #isEnding = false;
  #sentEnd = false;
  #gotEnd = false;
  isConfirmed: boolean;

  constructor(id: number, isConfirmed: boolean, send: (frame: YamuxFrame) => void) {
    this.id = id;
    this.isConfirmed = isConfirmed;
    this.#send = send;
  }

  /** Whether neither side will send data again. */
  get isDone(): boolean {
    return this.#sentEnd && this.#gotEnd;
  }

  /** Bytes that wait for the other side to take some. */
  get queuedBytes(): number {
    return this.#queue.length;
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnding) throw new PluginWireError('PLUGIN_YAMUX', `yamux stream ${this.id} was ended`);
    this.#queue.push(bytes);
    this.#flush();
  }

  end(): void {
    this.#isEnding = true;
    this.#flush();
  }

  /** The other side takes so many bytes more. */
  permit(bytes: number): void {
    this.#sendWindow += bytes;
    if (this.#sendWindow > WINDOW_MAX) throw new PluginWireError('PLUGIN_YAMUX', `yamux window beyond ${WINDOW_MAX}`);
    this.#flush();
  }

  receive(bytes: number): void {
    if (this.#gotEnd) throw new PluginWireError('PLUGIN_YAMUX', `data after the end of yamux stream ${this.id}`);
    if (bytes > this.#receiveWindow) {
      const text = `${bytes} bytes on yamux stream ${this.id}, ${this.#receiveWindow} were allowed`;
      throw new PluginWireError('PLUGIN_YAMUX', text);
    }
    this.#receiveWindow -= bytes;
    this.#unconsumed += bytes;
  }

  receiveEnd(): void {
    if (this.#gotEnd) throw new PluginWireError('PLUGIN_YAMUX', `yamux stream ${this.id} ended twice`);
    this.#gotEnd = true;
  }

  /** Permits the other side to send again what has been consumed, once it is half of what it may send. */
  consume(bytes: number): void {
    if (bytes > this.#unconsumed) throw new RangeError(`${bytes} bytes consumed, ${this.#unconsumed} had come`);
    this.#unconsumed -= bytes;
    this.#consumed += bytes;
    if (this.#gotEnd || this.#consumed < YAMUX_WINDOW_BYTES / 2) return;
    this.#send({ type: 'windowUpdate', flags: 0, streamId: this.id, value: this.#consumed });
    this.#receiveWindow += this.#consumed;
    this.#consumed = 0;
  }

  #flush(): void {
    const sendable = Math.min(this.#queue.length, this.#sendWindow);
    if (sendable > 0) {
      this.#sendWindow -= sendable;
      const payload = this.#queue.take(sendable);
      this.#send({ type: 'data', flags: 0, streamId: this.id, value: sendable, payload });
    }
    if (!this.#isEnding || this.#sentEnd || this.#queue.length > 0) return;
    this.#sentEnd = true;
    this.#send({ type: 'windowUpdate', flags: YAMUX_FLAGS.fin, streamId: this.id, value: 0 });
  }
}
