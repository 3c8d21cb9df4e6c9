import { WireError } from '../core/errors.ts';
import { concatBytes } from '@dkron/runtime';
import { decompress } from '../core/wire/compress.ts';
import { MessageType } from '../core/wire/message-type.ts';
import type { StreamMessage } from '../core/wire/messages.ts';
import { decodeStreamMessage, StreamMessageReader } from '../core/wire/stream-message.ts';
import { openEnvelope } from './envelope.ts';
import { takeLabel } from './inbound-label.ts';
import { STREAM_FRAME_BYTES, type StreamRole } from './stream-frame.ts';
import type { WireSettings } from './wire-options.ts';

const MIN_CAPACITY = 4096;
/** A compress message tells its length in its first bytes; one that does not by then keeps us busy on purpose. */
const COMPRESS_HEAD_BYTES = 8192;
const MAX_COMPRESS_RETRIES = 4;

/**
 * Reads one message from a connection, chunk by chunk. Memory grows with what arrived, not with what lengths claim,
 * and each byte is looked at a bounded number of times.
 */
export class StreamDecoder {
  readonly #role: StreamRole;
  readonly #settings: WireSettings;
  readonly #reader: StreamMessageReader;
  #buffer = new Uint8Array(0);
  #length = 0;
  /** Where the label ends; `undefined` while that is not known. */
  #start: number | undefined;
  /** Before so many bytes are there, trying again is in vain. */
  #neededBytes = 1;
  #compressRetries = 0;
  #message: StreamMessage | undefined;

  /** @param role - ours; a dialler reads an answer, which has no label */
  constructor(role: StreamRole, settings: WireSettings) {
    this.#role = role;
    this.#settings = settings;
    this.#reader = new StreamMessageReader(settings.streamLimits);
    if (role === 'dialler') this.#start = 0;
  }

  /**
   * Takes the next bytes of the connection, which stay the caller's.
   *
   * Returns the message once it is complete; later bytes are ignored. Throws {@link WireError} for what can never
   * become one; never `GOSSIP_WIRE_TRUNCATED`. Do not call again after that.
   */
  push(chunk: Uint8Array): StreamMessage | undefined {
    if (this.#message !== undefined) return this.#message;
    this.#append(chunk);
    if (this.#length < this.#neededBytes) return undefined;
    try {
      this.#message = this.#read(this.#buffer.subarray(0, this.#length));
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== 'GOSSIP_WIRE_TRUNCATED') throw error;
      this.#wait(error.details.neededBytes);
    }
    return this.#message;
  }

  /** The other end closed. Throws {@link WireError} `GOSSIP_WIRE_TRUNCATED` if its message is not complete. */
  end(): void {
    if (this.#message !== undefined) return;
    const neededBytes = this.#neededBytes;
    throw new WireError('GOSSIP_WIRE_TRUNCATED', `closed after ${this.#length} bytes, ${neededBytes} needed`, {
      neededBytes,
    });
  }

  /** Throws `GOSSIP_WIRE_TRUNCATED`, counted from the start of the stream, or returns `undefined`, to wait. */
  #read(bytes: Uint8Array): StreamMessage | undefined {
    this.#start ??= bytes.length - takeLabel(bytes, this.#settings).length;
    const body = bytes.subarray(this.#start);
    const type = body[0];
    if (type === undefined) return this.#wait(this.#start + 1);
    try {
      if (type === MessageType.encrypt) return this.#readSealed(body);
      this.#refuseUnsealed();
      if (type === MessageType.compress) {
        this.#countRetry(body);
        return this.#readCompressed(body);
      }
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== 'GOSSIP_WIRE_TRUNCATED') throw error;
      return this.#wait(this.#start + (error.details.neededBytes ?? body.length + 1));
    }
    return this.#reader.read(body) ?? this.#wait(this.#start + this.#reader.neededBytes);
  }

  #readSealed(body: Uint8Array): StreamMessage {
    const { keyring, streamLimits, label, aead } = this.#settings;
    if (keyring.primary === undefined) {
      throw new WireError('GOSSIP_WIRE_ENCRYPTION', 'stream is sealed, and no key is configured');
    }
    const frame = take(body, 0, STREAM_FRAME_BYTES);
    const sealedBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
    if (sealedBytes > streamLimits.maxSealedBytes) {
      throw new WireError(
        'GOSSIP_WIRE_LIMIT',
        `envelope of ${sealedBytes} bytes, allowed are ${streamLimits.maxSealedBytes}`,
      );
    }
    const envelope = take(body, STREAM_FRAME_BYTES, sealedBytes);
    return this.#readWhole(openEnvelope(envelope, keyring.keys, concatBytes([frame, label]), aead).plaintext);
  }

  /** The message itself may be cut, and then we wait; what it holds is whole or wrong. */
  #readCompressed(body: Uint8Array): StreamMessage {
    const inner = decompress(body, this.#settings.streamLimits.maxInflatedBytes);
    return asWhole(() => decodeStreamMessage(inner, this.#settings.streamLimits));
  }

  #countRetry(body: Uint8Array): void {
    if (body.length > COMPRESS_HEAD_BYTES && ++this.#compressRetries > MAX_COMPRESS_RETRIES) {
      throw new WireError('GOSSIP_WIRE_LIMIT', 'compressed stream hides its length');
    }
  }

  #readWhole(inner: Uint8Array): StreamMessage {
    return asWhole(() =>
      inner[0] === MessageType.compress
        ? this.#readCompressed(inner)
        : decodeStreamMessage(inner, this.#settings.streamLimits),
    );
  }

  #refuseUnsealed(): void {
    const { keyring, verifyIncoming } = this.#settings;
    if (keyring.primary === undefined || !verifyIncoming) return;
    throw new WireError('GOSSIP_WIRE_ENCRYPTION', `stream of a ${this.#peer} is not sealed, and keys are configured`);
  }

  get #peer(): string {
    return this.#role === 'dialler' ? 'listener' : 'dialler';
  }

  #wait(neededBytes = this.#length + 1): undefined {
    const { maxStreamBytes } = this.#settings.streamLimits;
    if (neededBytes > maxStreamBytes) {
      throw new WireError('GOSSIP_WIRE_LIMIT', `stream of ${neededBytes} bytes or more, allowed are ${maxStreamBytes}`);
    }
    this.#neededBytes = neededBytes;
    return undefined;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, this.#buffer.length * 2, MIN_CAPACITY));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }
}

function take(body: Uint8Array, lo: number, length: number): Uint8Array {
  const neededBytes = lo + length;
  if (neededBytes <= body.length) return body.subarray(lo, neededBytes);
  throw new WireError('GOSSIP_WIRE_TRUNCATED', `${body.length} bytes of ${neededBytes}`, { neededBytes });
}

/** More bytes of the stream cannot complete what is complete already: then it is damaged. */
function asWhole(read: () => StreamMessage): StreamMessage {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== 'GOSSIP_WIRE_TRUNCATED') throw error;
    throw new WireError(
      'GOSSIP_WIRE_RANGE',
      `message inside the layers is cut: ${error.message}`,
      {},
      { cause: error },
    );
  }
}
