import { WireError } from '../errors.ts';
import { plainBytes } from './bytes.ts';
import { MessageType } from './message-type.ts';

/** Most messages in one compound. */
export const COMPOUND_MAX_PARTS = 255;
/** Longest message in a compound. */
export const COMPOUND_PART_MAX_BYTES = 0xffff;
/** What every message costs beyond its own bytes. */
export const COMPOUND_PART_OVERHEAD_BYTES = 2;
/** What the compound itself costs. */
export const COMPOUND_OVERHEAD_BYTES = 2;

/**
 * Several messages in one: type byte, count, lengths in network order, messages. Throws RangeError beyond
 * {@link COMPOUND_MAX_PARTS} or {@link COMPOUND_PART_MAX_BYTES}.
 */
export function encodeCompound(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length > COMPOUND_MAX_PARTS) {
    throw new RangeError(`parts: ${parts.length}, allowed are ${COMPOUND_MAX_PARTS}`);
  }
  let at = COMPOUND_OVERHEAD_BYTES + parts.length * COMPOUND_PART_OVERHEAD_BYTES;
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, at));
  out[0] = MessageType.compound;
  out[1] = parts.length;
  for (const [i, part] of parts.entries()) {
    if (part.length > COMPOUND_PART_MAX_BYTES) {
      throw new RangeError(`part of ${part.length} bytes, allowed are ${COMPOUND_PART_MAX_BYTES}`);
    }
    const lengthAt = COMPOUND_OVERHEAD_BYTES + i * COMPOUND_PART_OVERHEAD_BYTES;
    out[lengthAt] = part.length >>> 8;
    out[lengthAt + 1] = part.length & 0xff;
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** As many compounds as the number of messages takes. */
export function encodeCompounds(parts: readonly Uint8Array[]): Uint8Array[] {
  const compounds: Uint8Array[] = [];
  for (let lo = 0; lo < parts.length; lo += COMPOUND_MAX_PARTS) {
    compounds.push(encodeCompound(parts.slice(lo, lo + COMPOUND_MAX_PARTS)));
  }
  return compounds;
}

/** Messages that travelled in one packet. */
export interface Compound {
  /** Views of the packet, whole messages only. */
  readonly parts: readonly Uint8Array[];
  /** Messages that were announced and are cut or missing. */
  readonly truncated: number;
}

/** Takes a compound apart. Throws {@link WireError} `GOSSIP_WIRE_TRUNCATED` when its table of lengths is cut. */
export function decodeCompound(packet: Uint8Array): Compound {
  const bytes = plainBytes(packet);
  const count = bytes[1] ?? 0;
  let at = COMPOUND_OVERHEAD_BYTES + count * COMPOUND_PART_OVERHEAD_BYTES;
  if (bytes.length < at) {
    throw new WireError('GOSSIP_WIRE_TRUNCATED', `compound of ${count} messages in ${bytes.length} bytes`, {
      neededBytes: at,
    });
  }
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const lengthAt = COMPOUND_OVERHEAD_BYTES + i * COMPOUND_PART_OVERHEAD_BYTES;
    const end = at + ((bytes[lengthAt]! << 8) | bytes[lengthAt + 1]!);
    if (end > bytes.length) break;
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return { parts, truncated: count - parts.length };
}
