import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { concatBytes, percentDecoded } from '@dkron/runtime';
import type { Handshake } from '../wire/handshake.ts';
import type { MessageCodec } from '../wire/grpc/messages.ts';

/** How a call failed: a status of gRPC and its text. */
export class UnaryError extends Error {
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

const HTTP_OK = 200;
const PREFIX_BYTES = 5;
const WINDOW_BYTES = 4 * 1_048_576;
const { NGHTTP2_CANCEL } = constants;

/** What a call gave. */
export interface UnaryAnswer<O> {
  readonly message: O;
  /** Headers that came after the message. */
  readonly trailers: IncomingHttpHeaders;
}

/** A stream on which only this side says something. */
export interface MessageFeed<I> {
  write(message: I): void;
  cancel(): void;
}

/**
 * Unary calls of gRPC and what goes with them, on one connection to a socket. A third of what a general client costs,
 * since there is nothing to choose: no names, no balancing, no retries, no credentials; and what is written at once goes
 * out at once.
 */
export class PlainHttp2 {
  readonly #place: Pick<Handshake, 'network' | 'address'>;
  readonly #messageBytesMax: number;
  #session: ClientHttp2Session | undefined;

  /** @param messageBytesMax of one answer; longer ones are refused */
  constructor(place: Pick<Handshake, 'network' | 'address'>, messageBytesMax: number) {
    this.#place = place;
    this.#messageBytesMax = messageBytesMax;
  }

  /** Rejects with {@link UnaryError}. */
  call<I, O>(
    method: string,
    codecs: { readonly request: MessageCodec<I>; readonly response: MessageCodec<O> },
    message: I,
    signal: AbortSignal,
  ): Promise<UnaryAnswer<O>> {
    return new Promise((resolve, reject) => {
      const stream = this.#request(method);
      const parts: Uint8Array[] = [];
      let length = 0;
      let ended: IncomingHttpHeaders = {};
      let refusal: UnaryError | undefined;
      const cancel = (): void => stream.close(NGHTTP2_CANCEL);
      const giveUp = (error: UnaryError): void => {
        refusal ??= error;
        cancel();
      };
      const aborted = (): void => giveUp(new UnaryError(status.CANCELLED, 'cancelled'));
      // Without a body the status is among the first headers.
      stream.on('response', (headers: IncomingHttpHeaders) => (ended = headers));
      stream.on('trailers', (headers: IncomingHttpHeaders) => (ended = headers));
      stream.on('data', (bytes: Buffer) => {
        parts.push(bytes);
        length += bytes.length;
        const size = length < PREFIX_BYTES ? 0 : sizeOf(parts);
        if (size <= this.#messageBytesMax && length <= this.#messageBytesMax + PREFIX_BYTES) return;
        const text = `Received message larger than max (${size} vs ${this.#messageBytesMax})`;
        giveUp(new UnaryError(status.RESOURCE_EXHAUSTED, text));
      });
      stream.on('error', (error: Error) => (refusal ??= new UnaryError(status.UNAVAILABLE, error.message)));
      stream.on('close', () => {
        signal.removeEventListener('abort', aborted);
        try {
          const failure = refusal ?? failureOf(ended);
          if (failure) throw failure;
          resolve({ message: codecs.response.decode(onlyMessage(concatBytes(parts))), trailers: ended });
        } catch (error) {
          reject(error as Error);
        }
      });
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
      stream.end(framed(codecs.request.encode(message)));
    });
  }

  /** Opens a stream; what is said on it is not listened to. `ended` is told once: the failure, or undefined. */
  feed<I>(method: string, codec: MessageCodec<I>, ended: (error: UnaryError | undefined) => void): MessageFeed<I> {
    const stream = this.#request(method);
    let last: IncomingHttpHeaders = {};
    let failure: UnaryError | undefined;
    stream.on('response', (headers: IncomingHttpHeaders) => (last = headers));
    stream.on('trailers', (headers: IncomingHttpHeaders) => (last = headers));
    stream.on('error', (error: Error) => (failure ??= new UnaryError(status.UNAVAILABLE, error.message)));
    stream.on('close', () => ended(failure ?? failureOf(last)));
    stream.resume();
    return {
      write: (message) => void stream.write(framed(codec.encode(message))),
      cancel: () => stream.close(NGHTTP2_CANCEL),
    };
  }

  close(): void {
    this.#session?.destroy();
  }

  #request(method: string): ClientHttp2Stream {
    return this.#connected().request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connectHttp2('http://localhost', {
      createConnection: () => socketTo(this.#place),
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    session.on('error', () => {});
    session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
    this.#session = session;
    return session;
  }
}

function socketTo({ network, address }: Pick<Handshake, 'network' | 'address'>): Socket {
  if (network === 'unix') return connect(address);
  const at = address.lastIndexOf(':');
  return connect(Number(address.slice(at + 1)), address.slice(0, at).replaceAll(/[[\]]/g, ''));
}

/** Length that the prefix says. */
function sizeOf(parts: readonly Uint8Array[]): number {
  const head = parts[0]!.length >= PREFIX_BYTES ? parts[0]! : concatBytes(parts);
  return ((head[1]! << 24) | (head[2]! << 16) | (head[3]! << 8) | head[4]!) >>> 0;
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PREFIX_BYTES + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

function failureOf(headers: IncomingHttpHeaders): UnaryError | undefined {
  const { ':status': http, 'grpc-status': text } = headers;
  if (http === undefined && text === undefined) return new UnaryError(status.UNAVAILABLE, 'the connection broke');
  if (text === undefined) {
    const code = Number(http);
    const why = code === HTTP_OK ? 'the answer broke off' : `it answered with HTTP status ${code}`;
    return new UnaryError(status.UNAVAILABLE, why);
  }
  const code = Number(text);
  if (code === status.OK) return undefined;
  return new UnaryError(
    Number.isInteger(code) ? code : status.UNKNOWN,
    percentDecoded(String(headers['grpc-message'] ?? '')),
  );
}

function onlyMessage(bytes: Uint8Array): Uint8Array {
  const isWhole = bytes.length >= PREFIX_BYTES && bytes[0] === 0 && sizeOf([bytes]) === bytes.length - PREFIX_BYTES;
  if (!isWhole) throw new UnaryError(status.INTERNAL, 'the answer is not one uncompressed message');
  return bytes.subarray(PREFIX_BYTES);
}
