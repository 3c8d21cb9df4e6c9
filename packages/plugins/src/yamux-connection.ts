import type { Socket } from 'node:net';
import type { Cancel, Timers } from '@dkron/runtime';
import type { YamuxEvent } from './wire/yamux/events.ts';
import { YamuxSession } from './wire/yamux/session.ts';
import { PluginError } from './errors.ts';

/** Takes what comes on a stream; no bytes = its end. A promise makes the other side wait. */
export type StreamReader = (bytes: Uint8Array) => void | Promise<void>;

/** As Go's: a side that does not answer a ping for so long is gone. */
const PING_EVERY_MS = 30_000;
const PONG_WITHIN_MS = 10_000;
/** Bytes that the socket has not taken; a plugin that reads so slowly is given up. */
const UNSENT_BYTES_MAX = 64 * 1_048_576;
const NO_BYTES = new Uint8Array();

/** A yamux session on its socket, with its clock. */
export class YamuxConnection {
  /** Why it is over. */
  readonly closed: Promise<Error>;
  readonly #socket: Socket;
  readonly #session: YamuxSession;
  readonly #timers: Timers;
  readonly #readers = new Map<number, StreamReader>();
  readonly #end: (error: Error) => void;
  /** Takes streams of the other side, in their order. */
  #accept: ((streamId: number) => StreamReader) | undefined;
  #cancelPing: Cancel = () => {};
  #cancelPong: Cancel = () => {};
  #isOver = false;

  constructor(socket: Socket, role: 'client' | 'server', timers: Timers, accept?: (streamId: number) => StreamReader) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.closed = promise;
    this.#end = resolve;
    this.#socket = socket;
    this.#timers = timers;
    this.#accept = accept;
    this.#session = new YamuxSession({ role });
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#session.receive(bytes);
      this.#flush();
    });
    const lost = (cause?: Error): void =>
      this.fail(new PluginError('PLUGIN_CRASHED', `the connection broke: ${cause?.message ?? 'closed'}`));
    socket.on('error', lost);
    socket.on('close', () => lost());
    socket.on('end', () => lost());
    this.#pingLater();
  }

  /** Opens a stream. Throws `PluginWireError` when none can be opened. */
  open(read: StreamReader): number {
    const streamId = this.#session.open();
    this.#readers.set(streamId, read);
    this.#flush();
    return streamId;
  }

  /** Throws `PluginWireError` for a stream that is over, or takes nothing. */
  write(streamId: number, bytes: Uint8Array): void {
    this.#session.write(streamId, bytes);
    this.#flush();
  }

  /** Bytes that wait for the other side to take some. */
  queuedBytes(streamId: number): number {
    return this.#session.queuedBytes(streamId);
  }

  /** Gives it up for a reason. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelPing();
    this.#cancelPong();
    this.#socket.destroy();
    this.#end(error);
  }

  /** Ends it in order. */
  close(): void {
    if (this.#isOver) return;
    this.#session.goAway();
    this.#send();
    this.fail(new PluginError('PLUGIN_UNAVAILABLE', 'the connection was closed'));
  }

  #flush(): void {
    this.#send();
    for (const event of this.#session.takeEvents()) this.#handle(event);
    this.#send();
  }

  #send(): void {
    if (this.#isOver) return;
    for (const bytes of this.#session.takeOutput()) this.#socket.write(bytes);
    if (this.#socket.writableLength > UNSENT_BYTES_MAX) {
      this.fail(new PluginError('PLUGIN_LIMIT', `it does not read: ${UNSENT_BYTES_MAX} bytes wait for it`));
    }
  }

  #handle(event: YamuxEvent): void {
    switch (event.type) {
      case 'stream':
        if (this.#accept) this.#readers.set(event.streamId, this.#accept(event.streamId));
        else this.#session.reset(event.streamId);
        return;
      case 'data':
        return this.#read(event.streamId, event.bytes);
      case 'end':
      case 'reset':
        void this.#readers.get(event.streamId)?.(NO_BYTES);
        this.#readers.delete(event.streamId);
        return;
      case 'pong':
        this.#cancelPong();
        return this.#pingLater();
      case 'failed':
        this.#send();
        return this.fail(event.error);
      case 'goAway':
      case 'opened':
        return;
    }
  }

  #read(streamId: number, bytes: Uint8Array): void {
    const waits = this.#readers.get(streamId)?.(bytes);
    const consumed = (): void => {
      if (this.#isOver) return;
      this.#session.consume(streamId, bytes.length);
      this.#send();
    };
    if (waits) void waits.then(consumed, consumed);
    else consumed();
  }

  #pingLater(): void {
    this.#cancelPing = this.#timers.after(PING_EVERY_MS, () => {
      this.#session.ping();
      this.#cancelPong = this.#timers.after(PONG_WITHIN_MS, () =>
        this.fail(new PluginError('PLUGIN_CRASHED', `no answer to a ping within ${PONG_WITHIN_MS} ms`)),
      );
      this.#send();
    });
  }
}
