import type { Timers } from '@dkron/runtime';
import { WireError } from '../core/errors.ts';
import type { Address } from '../core/types.ts';
import type { PushPull, StreamMessage } from '../core/wire/messages.ts';
import type { StreamCodec } from './stream-codec.ts';
import type { StreamConnection, StreamReader } from './transport.ts';

/** What streams of others mean to us. */
export interface StreamHandlers {
  /** Whether we are the node that a ping names. */
  isUs(node: string): boolean;
  /** A peer's table came. Returns ours as it is before the merge, `undefined` while that cannot be. */
  pushPull(remote: PushPull, from: Address): PushPull | undefined;
  /** A message for the layer above. */
  user(body: Uint8Array, from: Address): void;
  /** A stream was refused, or broke off. */
  refused(code: StreamRefusal, from: Address, detail: string): void;
}

/** Code of a wire error, or what else was wrong with a stream. */
export type StreamRefusal = WireError['code'] | 'timeout' | 'overload' | 'misdirected' | 'unexpected';

/** Bounds on the streams that others open. */
export interface StreamServiceOptions {
  /** For everything from accepting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Bytes of all streams that are being read, together. Default: 128 MiB. */
  readonly maxBufferedBytes?: number;
}

/** Collaborators of the serving side of streams. */
export interface StreamServiceModules {
  readonly codec: StreamCodec;
  readonly timers: Timers;
  readonly handlers: StreamHandlers;
}

/** How far one connection is. */
interface Serving {
  /** Read so far of a request that is not complete. */
  heldBytes: number;
  /** Nothing more is expected. */
  isRead: boolean;
}

const MAX_BUFFERED_BYTES = 128 * 1024 * 1024;

/** Answers streams that others open: one request each, within a deadline and a bound on memory. */
export class StreamService {
  readonly #timeoutMs: number;
  readonly #maxBufferedBytes: number;
  readonly #modules: StreamServiceModules;
  #bufferedBytes = 0;

  constructor(
    { timeoutMs, maxBufferedBytes = MAX_BUFFERED_BYTES }: StreamServiceOptions,
    modules: StreamServiceModules,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#modules = modules;
  }

  /** Takes a connection, in the turn in which it was given. */
  serve(connection: StreamConnection): void {
    const { handlers, timers } = this.#modules;
    const state: Serving = { heldBytes: 0, isRead: false };
    const cancel = timers.after(this.#timeoutMs, () => {
      // Who read our answer and stays connected did nothing wrong, and neither did who only looked whether we listen.
      if (!state.isRead && state.heldBytes > 0) {
        handlers.refused('timeout', connection.remote, `not done within ${this.#timeoutMs} ms`);
      }
      connection.destroy();
    });
    connection.read(this.#reader(connection, state, cancel));
  }

  #reader(connection: StreamConnection, state: Serving, onClosed: () => void): StreamReader {
    const { codec } = this.#modules;
    const decoder = codec.decoder('listener');
    return {
      data: (chunk) => {
        if (state.isRead || !this.#hold(chunk.length, state, connection)) return;
        const request = this.#decode(() => decoder.push(chunk), connection);
        if (request === undefined) return;
        this.#release(state);
        if (request !== 'refused') this.#answer(request, connection);
      },
      ended: () => {
        if (!state.isRead && state.heldBytes > 0) this.#decode(() => decoder.end(), connection);
        this.#release(state);
        connection.end();
      },
      closed: () => {
        this.#release(state);
        onClosed();
      },
    };
  }

  /** Counts bytes that a decoder holds; ends the connection that goes beyond the bound. */
  #hold(bytes: number, state: Serving, connection: StreamConnection): boolean {
    state.heldBytes += bytes;
    this.#bufferedBytes += bytes;
    if (this.#bufferedBytes <= this.#maxBufferedBytes) return true;
    this.#release(state);
    const detail = `streams hold more than ${this.#maxBufferedBytes} bytes`;
    this.#modules.handlers.refused('overload', connection.remote, detail);
    connection.destroy();
    return false;
  }

  #release(state: Serving): void {
    this.#bufferedBytes -= state.heldBytes;
    state.heldBytes = 0;
    state.isRead = true;
  }

  /** Refuses what cannot be read, and tells the peer why. */
  #decode<T>(read: () => T, connection: StreamConnection): T | 'refused' {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#modules.handlers.refused(error.code, connection.remote, error.message);
      this.#reply(connection, { type: 'error', error: error.message });
      return 'refused';
    }
  }

  #answer(request: StreamMessage, connection: StreamConnection): void {
    const { handlers } = this.#modules;
    const { remote } = connection;
    switch (request.type) {
      case 'ping':
        if (handlers.isUs(request.node)) {
          this.#reply(connection, { type: 'ack', seqNo: request.seqNo, payload: null });
          return;
        }
        handlers.refused('misdirected', remote, 'ping names another node');
        break;
      case 'pushPull': {
        const ours = handlers.pushPull(request, remote);
        if (ours !== undefined) {
          this.#reply(connection, ours);
          return;
        }
        break;
      }
      case 'user':
        handlers.user(request.body, remote);
        break;
      case 'ack':
      case 'error':
        handlers.refused('unexpected', remote, `${request.type} as a request`);
        break;
    }
    connection.end();
  }

  #reply(connection: StreamConnection, message: StreamMessage): void {
    connection.write(this.#modules.codec.pack(message, 'listener'));
    connection.end();
  }
}
