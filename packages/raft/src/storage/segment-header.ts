import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter } from './bytes.ts';

/**
 * First bytes of a segment file; one disk sector, so it is there or not:
 *
 *     magic 8 bytes · version u32 · crc u32 · sequence u64 · firstIndex u64 · previous u32 · capacity u32 · cluster id
 */
export const HEADER_BYTES = 512;
const MAGIC = new TextEncoder().encode('DKRNWAL\n');
const CRC_AT = 12;
export const WAL_VERSION = 1;

export interface SegmentHeader {
  /** Position in the sequence of files, from 1, without gaps. */
  readonly sequence: number;
  /** Index the next entry would have when the segment was begun. */
  readonly firstIndex: number;
  /** Checksum of the last record of the segment before; 0 in the first. */
  readonly previous: number;
  /** Bytes the file was allocated with; a shorter file was cut. */
  readonly capacity: number;
  /** `''` while unknown; at most 255 bytes. */
  readonly clusterId: string;
}

export interface OpenedHeader extends SegmentHeader {
  /** Salt of the record checksums: the header's own checksum. */
  readonly salt: number;
}

/** Returns the header and its salt. */
export function encodeHeader(header: SegmentHeader): { readonly bytes: Uint8Array; readonly salt: number } {
  const bytes = new Uint8Array(HEADER_BYTES);
  const writer = new ByteWriter(bytes);
  writer.raw(MAGIC);
  writer.u32(WAL_VERSION);
  writer.u32(0);
  writer.u64(header.sequence);
  writer.u64(header.firstIndex);
  writer.u32(header.previous);
  writer.u32(header.capacity);
  if (Buffer.byteLength(header.clusterId) > 255) throw new TypeError('cluster id longer than 255 bytes');
  writer.text(header.clusterId);
  const salt = checksum(bytes);
  new DataView(bytes.buffer).setUint32(CRC_AT, salt, true);
  return { bytes, salt };
}

export type HeaderFault = 'damaged' | { readonly version: number };

/** Reads a header; a fault instead of an exception because the caller knows the file's name. */
export function decodeHeader(bytes: Uint8Array): OpenedHeader | HeaderFault {
  if (bytes.byteLength < HEADER_BYTES) return 'damaged';
  const sector = bytes.slice(0, HEADER_BYTES);
  const reader = new ByteReader(sector);
  if (Buffer.compare(reader.raw(MAGIC.byteLength), MAGIC) !== 0) return 'damaged';
  const version = reader.u32();
  const salt = reader.u32();
  if (checksum(sector) !== salt) return 'damaged';
  if (version !== WAL_VERSION) return { version };
  const sequence = reader.u64();
  const firstIndex = reader.u64();
  const previous = reader.u32();
  const capacity = reader.u32();
  return { sequence, firstIndex, previous, capacity, clusterId: reader.text(), salt };
}

function checksum(sector: Uint8Array): number {
  return crc32(sector.subarray(CRC_AT + 4), crc32(sector.subarray(0, CRC_AT)));
}

const NAME_PATTERN = /^(?<sequence>\d{16})\.wal$/u;

export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(16, '0')}.wal`;
}

/** Sequence number of a file name, undefined when it names no segment. */
export function sequenceOf(name: string): number | undefined {
  const digits = NAME_PATTERN.exec(name)?.groups?.['sequence'];
  return digits === undefined ? undefined : Number(digits);
}
