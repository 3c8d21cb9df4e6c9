import { WireError } from '../errors.ts';
import { plainBytes } from './bytes.ts';
import { int, text } from './kinds.ts';
import { MessageType, messageTypeName } from './message-type.ts';
import type { PushNodeState, RemoteError, StreamMessage } from './messages.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { type IntStyle, MsgpackWriter } from './msgpack-writer.ts';
import { ack, encodeMessage, ping } from './packet-message.ts';
import { checkCount, encodePushPull, type PushPullHeader, readNodeState, readPushPullHeader } from './push-pull.ts';
import { STREAM_LIMITS, type StreamLimits } from './stream-limits.ts';
import { field, Struct } from './struct.ts';

interface UserHeader {
  readonly userMsgLen: number;
}

/** Longest header or entry. It is read anew as it grows, so this bounds the work per byte. */
const ITEM_MAX_BYTES = 8192;

const userHeader = new Struct<UserHeader>({}, { userMsgLen: field('UserMsgLen', int) });
const remoteError = new Struct<RemoteError>({ type: 'error' }, { error: field('Error', text) });

/** Bytes of a message for a stream, below all layers. */
export function encodeStreamMessage(message: StreamMessage, intStyle?: IntStyle): Uint8Array {
  switch (message.type) {
    case 'ping':
    case 'ack':
      return encodeMessage(message, intStyle);
    case 'pushPull':
      return encodePushPull(message, intStyle);
    case 'user': {
      const out = new MsgpackWriter(intStyle, message.body.length + 32);
      out.byte(MessageType.user);
      userHeader.write(out, { userMsgLen: message.body.length });
      out.append(message.body);
      return out.finish();
    }
    case 'error': {
      const out = new MsgpackWriter(intStyle);
      out.byte(MessageType.error);
      remoteError.write(out, message);
      return out.finish();
    }
  }
}

/**
 * Reads one message from a stream that grows. Streams have no length in front: the end is known only by reading, so
 * this keeps what it has read of a push/pull and goes on from there.
 */
export class StreamMessageReader {
  /** Before the buffer has so many bytes, reading again is in vain. */
  neededBytes = 1;
  readonly #limits: StreamLimits;
  #header: PushPullHeader | undefined;
  /** Length of a user message, once known. */
  #userLength: number | undefined;
  /** What remains is bytes of known length. */
  #inBody = false;
  readonly #nodes: PushNodeState[] = [];
  #at = 1;

  constructor(limits: StreamLimits = STREAM_LIMITS) {
    this.#limits = limits;
  }

  /**
   * The message, or `undefined` while bytes are missing. Bodies are views of the buffer.
   *
   * @param buffer - all bytes since the start; those of earlier calls must be the same
   *
   * Throws {@link WireError}; never `GOSSIP_WIRE_TRUNCATED`.
   */
  read(buffer: Uint8Array): StreamMessage | undefined {
    if (buffer.length < this.neededBytes) return undefined;
    try {
      return this.#read(plainBytes(buffer));
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== 'GOSSIP_WIRE_TRUNCATED') throw error;
      this.neededBytes = error.details.neededBytes ?? buffer.length + 1;
      if (!this.#inBody && this.neededBytes - this.#at > ITEM_MAX_BYTES) {
        throw new WireError('GOSSIP_WIRE_LIMIT', `header or entry of more than ${ITEM_MAX_BYTES} bytes`);
      }
      return undefined;
    }
  }

  #read(buffer: Uint8Array): StreamMessage {
    const type = buffer[0]!;
    const from = new MsgpackReader(buffer, this.#at);
    switch (type) {
      case MessageType.pushPull:
        return this.#readPushPull(buffer, from);
      case MessageType.ping:
        return ping.read(from);
      case MessageType.ack:
        return ack.read(from);
      case MessageType.error:
        return remoteError.read(from);
      case MessageType.user:
        return this.#readUser(buffer, from);
      default:
        throw new WireError('GOSSIP_WIRE_MESSAGE', `${messageTypeName(type)} is no stream message`);
    }
  }

  #readUser(buffer: Uint8Array, from: MsgpackReader): StreamMessage {
    if (this.#userLength === undefined) {
      const { userMsgLen } = userHeader.read(from);
      checkCount('bytes of user message', userMsgLen, this.#limits.maxUserMessageBytes);
      this.#userLength = userMsgLen;
      this.#at = from.at;
      this.#inBody = true;
    }
    return { type: 'user', body: takeBytes(buffer, this.#at, this.#userLength) };
  }

  #readPushPull(buffer: Uint8Array, from: MsgpackReader): StreamMessage {
    if (this.#header === undefined) {
      this.#header = readPushPullHeader(from, this.#limits);
      this.#at = from.at;
    }
    const { join, nodes, userStateLen } = this.#header;
    while (this.#nodes.length < nodes) {
      this.#nodes.push(readNodeState(from));
      this.#at = from.at;
    }
    this.#inBody = true;
    return { type: 'pushPull', join, nodes: this.#nodes, userState: takeBytes(buffer, this.#at, userStateLen) };
  }
}

/** The message that these bytes begin with. Throws {@link WireError}. */
export function decodeStreamMessage(bytes: Uint8Array, limits: StreamLimits = STREAM_LIMITS): StreamMessage {
  const reader = new StreamMessageReader(limits);
  const message = reader.read(bytes);
  if (message !== undefined) return message;
  const { neededBytes } = reader;
  throw new WireError('GOSSIP_WIRE_TRUNCATED', `stream ends after ${bytes.length} bytes, ${neededBytes} needed`, {
    neededBytes,
  });
}

function takeBytes(buffer: Uint8Array, at: number, length: number): Uint8Array {
  const neededBytes = at + length;
  if (neededBytes <= buffer.length) return buffer.subarray(at, neededBytes);
  throw new WireError('GOSSIP_WIRE_TRUNCATED', `body of ${length} bytes is cut`, { neededBytes });
}
