import type { Keyring } from '../core/keyring.ts';
import { plainBytes } from '../core/wire/bytes.ts';
import { decodeCompound } from '../core/wire/compound.ts';
import { decompress } from '../core/wire/compress.ts';
import { type Coordinate, decodeCoordinate } from '../core/wire/coordinate.ts';
import { stripChecksum } from '../core/wire/crc32.ts';
import { splitLabel } from '../core/wire/label.ts';
import { MessageType } from '../core/wire/message-type.ts';
import type { PacketMessage, StreamMessage } from '../core/wire/messages.ts';
import { decodeMessage } from '../core/wire/packet-message.ts';
import { decodeSerfMessage } from '../core/wire/serf-codec.ts';
import type { Relay, SerfMessage } from '../core/wire/serf-messages.ts';
import { decodeStreamMessage } from '../core/wire/stream-message.ts';
import { type Aead, NONCE_BYTES } from '../net/aead.ts';
import { type EnvelopeVersion, openEnvelope } from '../net/envelope.ts';
import { STREAM_FRAME_BYTES } from '../net/stream-frame.ts';

/** What opens sealed packets. */
export interface DissectModules {
  readonly keyring: Keyring;
  readonly aead: Pick<Aead, 'open' | 'seal'>;
}

/** How something was sealed. The plaintext is under it. */
export interface DissectedEnvelope {
  readonly version: EnvelopeVersion;
  readonly nonce: Uint8Array;
  readonly keyIndex: number;
}

/** A Serf message with what it passes on. */
export type DissectedSerf =
  | { readonly kind: 'message'; readonly message: Exclude<SerfMessage, Relay> }
  | { readonly kind: 'relay'; readonly header: Omit<Relay, 'inner'>; readonly inner: DissectedSerf };

/** Layers and messages of a packet, as a tree. */
export type DissectedMessage =
  | { readonly kind: 'compound'; readonly parts: readonly DissectedMessage[] }
  | { readonly kind: 'compress'; readonly inner: DissectedMessage }
  | { readonly kind: 'serf'; readonly serf: DissectedSerf }
  | { readonly kind: 'ack'; readonly seqNo: number; readonly coordinate: Coordinate }
  | { readonly kind: 'message'; readonly message: PacketMessage };

/** A packet taken apart, layer by layer. */
export interface DissectedPacket {
  readonly label: Uint8Array;
  readonly envelope: DissectedEnvelope | undefined;
  readonly hasChecksum: boolean;
  readonly body: DissectedMessage;
}

/** One side of a stream taken apart, layer by layer. */
export interface DissectedStream {
  /** Empty for the listener's end. */
  readonly label: Uint8Array;
  readonly envelope: DissectedEnvelope | undefined;
  readonly isCompressed: boolean;
  readonly message: StreamMessage;
  /** Of a push/pull. */
  readonly userState: SerfMessage | undefined;
}

const MAX_INFLATED_BYTES = 1_048_576;

/** Throws WireError for a packet that is not whole. For trusted packets: depth is not bounded. */
export function dissectPacket(datagram: Uint8Array, { keyring, aead }: DissectModules): DissectedPacket {
  const { label, packet } = splitLabel(datagram);
  const sealed = keyring.primary !== undefined;
  const opened = sealed ? openEnvelope(packet, keyring.keys, label, aead) : undefined;
  const inner = opened?.plaintext ?? packet;
  const body = stripChecksum(inner);
  return {
    label,
    envelope: opened && { ...opened, nonce: packet.slice(1, 1 + NONCE_BYTES) },
    hasChecksum: body.length !== inner.length,
    body: dissectMessage(body),
  };
}

/** @param label - that of the pool, which the listener's end authenticates and does not send */
export function dissectStream(
  stream: Uint8Array,
  label: Uint8Array,
  { keyring, aead }: DissectModules,
): DissectedStream {
  const split = splitLabel(stream);
  let inner = split.packet;
  let envelope: DissectedEnvelope | undefined;
  if (inner[0] === MessageType.encrypt) {
    const frame = inner.subarray(0, STREAM_FRAME_BYTES);
    const sealed = inner.subarray(STREAM_FRAME_BYTES);
    const opened = openEnvelope(sealed, keyring.keys, Uint8Array.of(...frame, ...label), aead);
    envelope = { ...opened, nonce: sealed.slice(1, 1 + NONCE_BYTES) };
    inner = opened.plaintext;
  }
  const isCompressed = inner[0] === MessageType.compress;
  if (isCompressed) inner = decompress(inner, MAX_INFLATED_BYTES);
  const message = decodeStreamMessage(inner);
  const userState =
    message.type === 'pushPull' && message.userState.length > 0 ? decodeSerfMessage(message.userState) : undefined;
  return { label: split.label, envelope, isCompressed, message, userState };
}

/** Takes a message apart. @throws WireError */
export function dissectMessage(bytes: Uint8Array): DissectedMessage {
  if (bytes[0] === MessageType.compound) {
    return { kind: 'compound', parts: decodeCompound(bytes).parts.map(dissectMessage) };
  }
  if (bytes[0] === MessageType.compress) {
    return { kind: 'compress', inner: dissectMessage(decompress(bytes, MAX_INFLATED_BYTES)) };
  }
  const message = decodeMessage(bytes);
  if (message.type === 'user') return { kind: 'serf', serf: dissectSerf(message.body) };
  if (message.type === 'ack' && message.payload !== null && message.payload.length > 0) {
    return { kind: 'ack', seqNo: message.seqNo, coordinate: decodeCoordinate(message.payload) };
  }
  return { kind: 'message', message };
}

/** Takes a Serf message apart. @throws WireError */
export function dissectSerf(body: Uint8Array): DissectedSerf {
  const message = decodeSerfMessage(plainBytes(body));
  if (message.type !== 'relay') return { kind: 'message', message };
  const { inner, ...header } = message;
  return { kind: 'relay', header, inner: dissectSerf(inner) };
}
