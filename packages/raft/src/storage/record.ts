import { crc32 } from 'node:zlib';

/**
 * Frame of a record inside a segment, little-endian, padded with zeros to 8 bytes:
 *
 *     length u32 · crc u32 · previous u32 · type u8 · 0 u8 u8 u8 · synced u32 · offset u32 · payload
 *
 * `crc` covers everything behind itself and is salted with the segment, so no record of another file passes for one of
 * this file; `offset` is the record's own place, so neither does a write that went astray or a copy inside some payload.
 * `previous` chains to the crc before. `synced` says up to which byte the segment was durable when the record was
 * written: a damaged byte below it was acknowledged, one above it may be the torn end of a write nobody relied on.
 */
export const FRAME_BYTES = 24;

export const RecordType = { batch: 1, hardState: 2, conf: 3, boundary: 4, compact: 5, base: 6 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

export interface Frame {
  /** Where the frame begins in the segment. */
  readonly offset: number;
  readonly type: RecordType;
  readonly crc: number;
  readonly previous: number;
  readonly synced: number;
  readonly payloadOffset: number;
  readonly payloadBytes: number;
  /** Where the next frame begins. */
  readonly end: number;
}

/** Bytes of a record in the file. */
export function recordBytes(payloadBytes: number): number {
  return (FRAME_BYTES + payloadBytes + 7) & ~7;
}

export interface FramePlace {
  readonly salt: number;
  readonly previous: number;
  readonly synced: number;
  /** Offset in the segment. */
  readonly offset: number;
}

/** Frames the payload that lies at `at + FRAME_BYTES` of `buffer` already; returns the crc that the next one chains to. */
export function sealRecord(
  buffer: Uint8Array,
  at: number,
  type: RecordType,
  payloadBytes: number,
  place: FramePlace,
): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset + at, FRAME_BYTES);
  view.setUint32(0, payloadBytes, true);
  view.setUint32(8, place.previous, true);
  view.setUint32(12, type, true);
  view.setUint32(16, place.synced, true);
  view.setUint32(20, place.offset, true);
  const end = at + FRAME_BYTES + payloadBytes;
  const crc = crc32(buffer.subarray(at + 8, end), (place.salt ^ payloadBytes) >>> 0);
  view.setUint32(4, crc, true);
  buffer.fill(0, end, at + recordBytes(payloadBytes));
  return crc;
}

/**
 * The frame at `at` of `buffer`, which holds the segment from `base` on; undefined unless every field and the checksum
 * hold. Says nothing about the chain: compare `previous`.
 */
export function openRecord(buffer: Uint8Array, at: number, base: number, salt: number): Frame | undefined {
  const head = peekFrame(buffer, at, base);
  if (head === undefined) return undefined;
  const start = head.offset - base;
  const end = start + FRAME_BYTES + head.payloadBytes;
  if (end > buffer.byteLength) return undefined;
  const crc = crc32(buffer.subarray(start + 8, end), (salt ^ head.payloadBytes) >>> 0);
  return crc === head.crc ? head : undefined;
}

/** The frame at `at` if its fields are plausible; the checksum is not looked at, the payload need not be there. */
export function peekFrame(buffer: Uint8Array, at: number, base: number): Frame | undefined {
  if (at + FRAME_BYTES > buffer.byteLength) return undefined;
  const view = new DataView(buffer.buffer, buffer.byteOffset + at, FRAME_BYTES);
  const offset = base + at;
  const type = view.getUint32(12, true);
  const synced = view.getUint32(16, true);
  if (view.getUint32(20, true) !== offset || type < 1 || type > 6 || synced > offset) return undefined;
  const payloadBytes = view.getUint32(0, true);
  return {
    offset,
    type: type as RecordType,
    crc: view.getUint32(4, true),
    previous: view.getUint32(8, true),
    synced,
    payloadOffset: offset + FRAME_BYTES,
    payloadBytes,
    end: offset + recordBytes(payloadBytes),
  };
}
