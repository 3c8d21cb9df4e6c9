import { crc32 } from 'node:zlib';
import { toHex } from '../hex.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { decodeBody, recordType, writeBody } from './record.ts';
import type { JournalRecord } from './record.ts';

/*
 * header  magic 4 · version u16 · 0 u16 · journal id 16 · CRC of these u32
 * frame   body length u32 · type u8 · CRC u32 · body        CRC over length, type, body, continued from the frame before
 * mark    a frame before each write: how much of the file was durable then. Its own check needs no chain, so a mark
 *         found behind an unreadable place tells damage of durable records from a torn tail.
 */
const MAGIC = 0x444b4a4c;
const VERSION = 1;
const ID_BYTES = 16;
export const HEADER_BYTES = 28;
const FRAME_BYTES = 9;
const CRC_AT = 5;
/** A batch of small records fits. */
const BATCH_ROOM_BYTES = 2_048;
const MARK_TYPE = 6;
const MARK_MAGIC = 0x6d41726b446b7221n;
const MARK_BODY_BYTES = 20;
/** A finished record: head, tail and names. */
const BODY_BYTES_MAX = 1 << 20;

export interface LogHeader {
  /** 32 hex digits. */
  readonly id: string;
  /** Seeds the chain. */
  readonly crc: number;
  readonly bytes: Uint8Array;
}

export interface LoggedRecord {
  readonly record: JournalRecord;
  /** Frame and body. */
  readonly bytes: number;
}

export interface LogContent {
  readonly header: LogHeader;
  readonly records: readonly LoggedRecord[];
  /** Bytes up to the end of the last readable frame. */
  readonly lengthBytes: number;
  /** CRC of that frame. */
  readonly chain: number;
  /** Records that were durable are unreadable. */
  readonly damaged: boolean;
}

export function makeHeader(idBytes: Uint8Array): LogHeader {
  const writer = new ByteWriter().u32(MAGIC).u16(VERSION).u16(0).raw(idBytes);
  const crc = crc32(writer.finish());
  const bytes = writer.u32(crc).finish();
  return { id: toHex(idBytes), crc, bytes };
}

/** Frames of one write, joined: a mark, then the records. */
export function encodeBatch(
  records: readonly JournalRecord[],
  header: LogHeader,
  chain: number,
  durableBytes: number,
): { readonly bytes: Uint8Array; readonly chain: number; readonly sizes: readonly number[] } {
  const writer = new ByteWriter(BATCH_ROOM_BYTES);
  let last = writeFrame(writer, MARK_TYPE, chain, () => writeMark(writer, durableBytes, header.crc));
  const sizes = records.map((record) => {
    const at = writer.length;
    last = writeFrame(writer, recordType(record), last, () => writeBody(writer, record));
    return writer.length - at;
  });
  return { bytes: writer.finish(), chain: last, sizes };
}

/** Undefined when `bytes` do not begin with a header of this version. */
export function readLog(bytes: Uint8Array): LogContent | undefined {
  const header = readHeader(bytes);
  if (!header) return undefined;
  const records: LoggedRecord[] = [];
  let at = HEADER_BYTES;
  let chain = header.crc;
  for (let frame = readFrame(bytes, at, chain); frame; frame = readFrame(bytes, at, chain)) {
    if (frame.record) records.push({ record: frame.record, bytes: frame.bytes });
    at += frame.bytes;
    chain = frame.crc;
  }
  return { header, records, lengthBytes: at, chain, damaged: durableBeyond(bytes, at, header.crc) };
}

function readHeader(bytes: Uint8Array): LogHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MAGIC || reader.u16() !== VERSION || reader.u16() !== 0) return undefined;
  const id = toHex(reader.raw(ID_BYTES));
  const crc = reader.u32();
  if (crc !== crc32(bytes.subarray(0, HEADER_BYTES - 4))) return undefined;
  return { id, crc, bytes: bytes.slice(0, HEADER_BYTES) };
}

/** Length and checksum are filled in once the body is there: nothing is copied. */
function writeFrame(writer: ByteWriter, type: number, chain: number, body: () => void): number {
  const at = writer.length;
  writer.u32(0).u8(type).u32(0);
  body();
  writer.setU32(at, writer.length - at - FRAME_BYTES);
  const crc = frameCrc(writer.part(at, at + FRAME_BYTES), writer.part(at + FRAME_BYTES), chain);
  writer.setU32(at + CRC_AT, crc);
  return crc;
}

/** @param head of the frame; its own checksum does not count */
function frameCrc(head: Uint8Array, body: Uint8Array, chain: number): number {
  return crc32(body, crc32(head.subarray(0, CRC_AT), chain));
}

function readFrame(
  bytes: Uint8Array,
  at: number,
  chain: number,
): { readonly record: JournalRecord | null; readonly bytes: number; readonly crc: number } | undefined {
  if (at + FRAME_BYTES > bytes.length) return undefined;
  const reader = new ByteReader(bytes.subarray(at));
  const length = reader.u32();
  const type = reader.u8();
  const crc = reader.u32();
  if (length > BODY_BYTES_MAX || at + FRAME_BYTES + length > bytes.length) return undefined;
  const body = reader.raw(length);
  if (crc !== frameCrc(bytes.subarray(at), body, chain)) return undefined;
  const record = type === MARK_TYPE ? null : decodeBody(type, body);
  return record === undefined ? undefined : { record, bytes: FRAME_BYTES + length, crc };
}

function writeMark(writer: ByteWriter, durableBytes: number, headerCrc: number): void {
  const at = writer.length;
  writer.i64(MARK_MAGIC).i64(BigInt(durableBytes));
  writer.u32(crc32(writer.part(at), headerCrc));
}

function durableBeyond(bytes: Uint8Array, from: number, headerCrc: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + MARK_BODY_BYTES <= bytes.length; at++) {
    if (view.getBigInt64(at) !== MARK_MAGIC) continue;
    const crc = crc32(bytes.subarray(at, at + 16), headerCrc);
    if (view.getUint32(at + 16) === crc && view.getBigInt64(at + 8) > BigInt(from)) return true;
  }
  return false;
}
