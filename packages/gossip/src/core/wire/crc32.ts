import { WireError } from '../errors.ts';
import { MessageType } from './message-type.ts';

const POLYNOMIAL = 0xedb88320;
const HEADER_BYTES = 5;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32 of IEEE 802.3, as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** The packet behind a checksum layer: type byte, CRC-32 in network order. */
export function addChecksum(packet: Uint8Array): Uint8Array {
  const out = new Uint8Array(packet.length + HEADER_BYTES);
  out[0] = MessageType.checksum;
  new DataView(out.buffer).setUint32(1, crc32(packet));
  out.set(packet, HEADER_BYTES);
  return out;
}

/**
 * What is under the checksum layer, or the packet itself if it has none: the layer is optional.
 * Throws {@link WireError} `GOSSIP_WIRE_CHECKSUM` if it does not match, `GOSSIP_WIRE_TRUNCATED` if it is cut.
 */
export function stripChecksum(packet: Uint8Array): Uint8Array {
  if (packet[0] !== MessageType.checksum) return packet;
  if (packet.length < HEADER_BYTES) {
    throw new WireError('GOSSIP_WIRE_TRUNCATED', `checksum layer of ${packet.length} bytes`, {
      neededBytes: HEADER_BYTES,
    });
  }
  const claimed = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
  const inner = packet.subarray(HEADER_BYTES);
  const actual = crc32(inner);
  if (claimed === actual) return inner;
  throw new WireError(
    'GOSSIP_WIRE_CHECKSUM',
    `checksum is ${actual.toString(16)}, packet says ${claimed.toString(16)}`,
  );
}
