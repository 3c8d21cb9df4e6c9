import { concatBytes } from '@dkron/runtime';
import { encodeCompound } from '../core/wire/compound.ts';
import { compress } from '../core/wire/compress.ts';
import { encodeCoordinate } from '../core/wire/coordinate.ts';
import { addChecksum } from '../core/wire/crc32.ts';
import { addLabel } from '../core/wire/label.ts';
import type { IntStyle } from '../core/wire/msgpack-writer.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';
import { encodeSerfMessage } from '../core/wire/serf-codec.ts';
import { encodeStreamMessage } from '../core/wire/stream-message.ts';
import { sealEnvelope } from '../net/envelope.ts';
import { streamFrame } from '../net/stream-frame.ts';
import type { DissectedMessage, DissectedPacket, DissectedSerf, DissectedStream, DissectModules } from './dissect.ts';

/** The datagram of these layers, sealed again with the nonce it had. */
export function assemblePacket(
  packet: DissectedPacket,
  intStyle: IntStyle,
  { keyring, aead }: DissectModules,
): Uint8Array {
  const { label, envelope, hasChecksum } = packet;
  let bytes = assembleMessage(packet.body, intStyle);
  if (hasChecksum) bytes = addChecksum(bytes);
  if (envelope) bytes = sealEnvelope(bytes, { ...envelope, key: keyring.keys[envelope.keyIndex]!, aad: label }, aead);
  return addLabel(label, bytes);
}

/** One direction of a connection, sealed again with the nonce it had. */
export function assembleStream(
  stream: DissectedStream,
  label: Uint8Array,
  intStyle: IntStyle,
  { keyring, aead }: DissectModules,
): Uint8Array {
  const { envelope, message, userState } = stream;
  let bytes = encodeStreamMessage(
    message.type === 'pushPull' && userState
      ? { ...message, userState: encodeSerfMessage(userState, intStyle) }
      : message,
    intStyle,
  );
  if (stream.isCompressed) bytes = compress(bytes);
  if (envelope) {
    const frame = streamFrame(envelope.version, bytes.length);
    const key = keyring.keys[envelope.keyIndex]!;
    bytes = concatBytes([frame, sealEnvelope(bytes, { ...envelope, key, aad: concatBytes([frame, label]) }, aead)]);
  }
  return addLabel(stream.label, bytes);
}

/** The bytes of a message that was taken apart. */
export function assembleMessage(tree: DissectedMessage, intStyle: IntStyle): Uint8Array {
  switch (tree.kind) {
    case 'compound':
      return encodeCompound(tree.parts.map((part) => assembleMessage(part, intStyle)));
    case 'compress':
      return compress(assembleMessage(tree.inner, intStyle));
    case 'serf':
      return encodeMessage({ type: 'user', body: assembleSerf(tree.serf, intStyle) });
    case 'ack':
      return encodeMessage({ type: 'ack', seqNo: tree.seqNo, payload: encodeCoordinate(tree.coordinate) }, intStyle);
    case 'message':
      return encodeMessage(tree.message, intStyle);
  }
}

/** The bytes of a Serf message that was taken apart. */
export function assembleSerf(tree: DissectedSerf, intStyle: IntStyle): Uint8Array {
  if (tree.kind === 'message') return encodeSerfMessage(tree.message, intStyle);
  return encodeSerfMessage({ ...tree.header, inner: assembleSerf(tree.inner, intStyle) }, intStyle);
}
