import type { ConfState, Entry, HardState } from '../core/types.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { entryBatchBytes, scanEntryBatch, writeEntryBatch } from './entry-batch.ts';
import type { EntrySummary } from './entry-batch.ts';
import { malformed } from './errors.ts';
import type { BatchShape, ResetShape } from './log-shape.ts';
import {
  confRecordsBytes,
  confStateBytes,
  hardStateBytes,
  logStateBytes,
  readConfRecords,
  readConfState,
  readHardState,
  readLogState,
  writeConfRecords,
  writeConfState,
  writeHardState,
  writeLogState,
} from './payloads.ts';
import type { Boundary, LogState } from './ports.ts';
import { RecordType } from './record.ts';

/** A change of the log as one record. Entries travel beside: only `append` carries any. */
export type LogChange =
  | { readonly kind: 'append'; readonly batch: BatchShape }
  | { readonly kind: 'reset'; readonly reset: ResetShape }
  | { readonly kind: 'compact'; readonly boundary: Boundary }
  | { readonly kind: 'base'; readonly state: LogState };

const HAS_TRUNCATE = 1;
const HAS_HARD_STATE = 2;
const HAS_COMMIT = 4;
const HAS_CONFS = 8;
const HAS_ENTRIES = 16;
const HAS_CONF_STATE = 32;

export function typeOf(change: LogChange): RecordType {
  switch (change.kind) {
    case 'append':
      return batchType(change.batch);
    case 'reset':
      return RecordType.boundary;
    case 'compact':
      return RecordType.compact;
    case 'base':
      return RecordType.base;
  }
}

/** Length of the payload. */
export function changeBytes(change: LogChange): number {
  switch (change.kind) {
    case 'append':
      return batchBytes(change.batch);
    case 'reset': {
      const { hardState, confState } = change.reset;
      return 17 + optional(hardState, hardStateBytes) + optional(confState, confStateBytes);
    }
    case 'compact':
      return 16;
    case 'base':
      return logStateBytes(change.state);
  }
}

/** Writes the payload into `target` at `offset`; `entries` are those of an append. */
export function writeChange(change: LogChange, entries: readonly Entry[], target: Uint8Array, offset: number): void {
  const writer = new ByteWriter(target, offset);
  switch (change.kind) {
    case 'append':
      writeBatch(writer, change.batch, entries);
      break;
    case 'reset':
      writeReset(writer, change.reset);
      break;
    case 'compact':
      writer.u64(change.boundary.index);
      writer.u64(change.boundary.term);
      break;
    case 'base':
      writeLogState(writer, change.state);
      break;
  }
}

export interface ReadChange {
  readonly change: LogChange;
  /** Where the encoded entries begin in the payload; they go to its end. Absent without entries. */
  readonly entriesOffset?: number;
}

/** @throws StorageError `malformed` */
export function readChange(type: RecordType, payload: Uint8Array): ReadChange {
  const reader = new ByteReader(payload);
  switch (type) {
    case RecordType.batch:
      return readBatch(reader);
    case RecordType.hardState:
      return ended(reader, { kind: 'append', batch: { hardState: readHardState(reader) } });
    case RecordType.conf:
      return ended(reader, { kind: 'append', batch: { confs: readConfRecords(reader) } });
    case RecordType.boundary:
      return ended(reader, { kind: 'reset', reset: readReset(reader) });
    case RecordType.compact:
      return ended(reader, { kind: 'compact', boundary: readBoundary(reader) });
    case RecordType.base:
      return ended(reader, { kind: 'base', state: readLogState(reader) });
  }
}

/** A batch of one part only has a type of its own and no flags. */
function batchType(batch: BatchShape): RecordType {
  const flags = flagsOf(batch);
  if (flags === HAS_HARD_STATE) return RecordType.hardState;
  return flags === HAS_CONFS ? RecordType.conf : RecordType.batch;
}

function flagsOf(batch: BatchShape): number {
  return (
    (batch.truncateFrom === undefined ? 0 : HAS_TRUNCATE) |
    (batch.hardState === undefined ? 0 : HAS_HARD_STATE) |
    (batch.commit === undefined || batch.hardState !== undefined ? 0 : HAS_COMMIT) |
    (batch.confs === undefined || batch.confs.length === 0 ? 0 : HAS_CONFS) |
    (batch.entries === undefined || batch.entries.count === 0 ? 0 : HAS_ENTRIES)
  );
}

function batchBytes(batch: BatchShape): number {
  const flags = flagsOf(batch);
  const parts =
    ((flags & HAS_TRUNCATE) === 0 ? 0 : 8) +
    optional(batch.hardState, hardStateBytes) +
    ((flags & HAS_COMMIT) === 0 ? 0 : 8) +
    ((flags & HAS_CONFS) === 0 ? 0 : confRecordsBytes(batch.confs!)) +
    ((flags & HAS_ENTRIES) === 0 ? 0 : entryBatchBytes(batch.entries!));
  return batchType(batch) === RecordType.batch ? 1 + parts : parts;
}

function writeBatch(writer: ByteWriter, batch: BatchShape, entries: readonly Entry[]): void {
  const flags = flagsOf(batch);
  if (batchType(batch) === RecordType.batch) writer.u8(flags);
  if ((flags & HAS_TRUNCATE) !== 0) writer.u64(batch.truncateFrom!);
  if ((flags & HAS_HARD_STATE) !== 0) writeHardState(writer, batch.hardState!);
  if ((flags & HAS_COMMIT) !== 0) writer.u64(batch.commit!);
  if ((flags & HAS_CONFS) !== 0) writeConfRecords(writer, batch.confs!);
  if ((flags & HAS_ENTRIES) !== 0) {
    writer.offset = writeEntryBatch(entries, batch.entries!, writer.bytes, writer.offset);
  }
}

function readBatch(reader: ByteReader): ReadChange {
  const flags = reader.u8();
  if (flags > 31) throw malformed(`batch with flags ${flags}`);
  const truncateFrom = (flags & HAS_TRUNCATE) === 0 ? undefined : reader.u64();
  const hardState = (flags & HAS_HARD_STATE) === 0 ? undefined : readHardState(reader);
  const commit = (flags & HAS_COMMIT) === 0 ? undefined : reader.u64();
  const confs = (flags & HAS_CONFS) === 0 ? undefined : readConfRecords(reader);
  const rest = { truncateFrom, hardState, commit, confs };
  if ((flags & HAS_ENTRIES) === 0) return ended(reader, { kind: 'append', batch: rest });
  const entriesOffset = reader.offset;
  const entries: EntrySummary = scanEntryBatch(reader.bytes.subarray(entriesOffset));
  return { change: { kind: 'append', batch: { ...rest, entries } }, entriesOffset };
}

function writeReset(writer: ByteWriter, { boundary, hardState, confState }: ResetShape): void {
  writer.u64(boundary.index);
  writer.u64(boundary.term);
  writer.u8((hardState === undefined ? 0 : HAS_HARD_STATE) | (confState === undefined ? 0 : HAS_CONF_STATE));
  if (hardState !== undefined) writeHardState(writer, hardState);
  if (confState !== undefined) writeConfState(writer, confState);
}

function readReset(reader: ByteReader): ResetShape {
  const boundary = readBoundary(reader);
  const flags = reader.u8();
  const hardState: HardState | undefined = (flags & HAS_HARD_STATE) === 0 ? undefined : readHardState(reader);
  const confState: ConfState | undefined = (flags & HAS_CONF_STATE) === 0 ? undefined : readConfState(reader);
  return { boundary, hardState, confState };
}

function readBoundary(reader: ByteReader): Boundary {
  const index = reader.u64();
  return { index, term: reader.u64() };
}

function ended(reader: ByteReader, change: LogChange): ReadChange {
  reader.end();
  return { change };
}

function optional<T>(value: T | undefined, bytes: (value: T) => number): number {
  return value === undefined ? 0 : bytes(value);
}
