import type { ConfState, HardState, NodeId } from '../core/types.ts';
import { ByteReader, ByteWriter, textBytes } from './bytes.ts';
import { malformed } from './errors.ts';
import type { ConfRecord, LogState, TermRun } from './ports.ts';

/** Codecs of the small parts of a record; all integers little-endian, texts UTF-8 behind a u16 length. */

export function hardStateBytes(state: HardState): number {
  return 16 + textBytes(state.vote);
}

export function writeHardState(writer: ByteWriter, state: HardState): void {
  writer.u64(state.term);
  writer.u64(state.commit);
  writer.text(state.vote);
}

export function readHardState(reader: ByteReader): HardState {
  const term = reader.u64();
  const commit = reader.u64();
  return { term, vote: reader.text(), commit };
}

export function confStateBytes(conf: ConfState): number {
  return 1 + listsOf(conf).reduce((sum, ids) => sum + 2 + ids.reduce((bytes, id) => bytes + textBytes(id), 0), 0);
}

export function writeConfState(writer: ByteWriter, conf: ConfState): void {
  writer.u8(conf.autoLeave ? 1 : 0);
  for (const ids of listsOf(conf)) {
    if (ids.length > 0xffff) throw new TypeError(`membership of ${ids.length} ids; at most 65535 are allowed`);
    writer.u16(ids.length);
    for (const id of ids) writer.text(id);
  }
}

export function readConfState(reader: ByteReader): ConfState {
  const autoLeave = reader.u8();
  if (autoLeave > 1) throw malformed(`flag ${autoLeave}`, { offset: reader.offset });
  return {
    voters: readIds(reader),
    learners: readIds(reader),
    votersOutgoing: readIds(reader),
    learnersNext: readIds(reader),
    autoLeave: autoLeave === 1,
  };
}

/** Encodes a membership by itself, for the wire and for snapshots. */
export function encodeConfState(conf: ConfState): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(confStateBytes(conf)));
  writeConfState(writer, conf);
  return writer.bytes;
}

/** @throws StorageError `malformed` */
export function decodeConfState(bytes: Uint8Array): ConfState {
  const reader = new ByteReader(bytes);
  const conf = readConfState(reader);
  reader.end();
  return conf;
}

export function confRecordsBytes(confs: readonly ConfRecord[]): number {
  return confs.reduce((sum, conf) => sum + 8 + confStateBytes(conf.confState), 4);
}

export function writeConfRecords(writer: ByteWriter, confs: readonly ConfRecord[]): void {
  writer.u32(confs.length);
  for (const { index, confState } of confs) {
    writer.u64(index);
    writeConfState(writer, confState);
  }
}

export function readConfRecords(reader: ByteReader): ConfRecord[] {
  const count = reader.u32();
  const confs: ConfRecord[] = [];
  for (let i = 0; i < count; i++) confs.push({ index: reader.u64(), confState: readConfState(reader) });
  return confs;
}

export function logStateBytes(state: LogState): number {
  const { hardState, termRuns, confIndexes, confHistory } = state;
  return (
    hardStateBytes(hardState) +
    8 +
    4 +
    termRuns.length * 16 +
    4 +
    confIndexes.length * 8 +
    confRecordsBytes(confHistory)
  );
}

/** The whole shape of a log: what each segment begins with, so that the ones before it can go. */
export function writeLogState(writer: ByteWriter, state: LogState): void {
  writeHardState(writer, state.hardState);
  writer.u64(state.lastIndex);
  writer.u32(state.termRuns.length);
  for (const { index, term } of state.termRuns) {
    writer.u64(index);
    writer.u64(term);
  }
  writer.u32(state.confIndexes.length);
  for (const index of state.confIndexes) writer.u64(index);
  writeConfRecords(writer, state.confHistory);
}

export function readLogState(reader: ByteReader): LogState {
  const hardState = readHardState(reader);
  const lastIndex = reader.u64();
  const runCount = reader.u32();
  const termRuns: TermRun[] = [];
  for (let i = 0; i < runCount; i++) termRuns.push({ index: reader.u64(), term: reader.u64() });
  const boundary = termRuns[0];
  if (boundary === undefined) throw malformed('no term table', { offset: reader.offset });
  const confCount = reader.u32();
  const confIndexes: number[] = [];
  for (let i = 0; i < confCount; i++) confIndexes.push(reader.u64());
  const confHistory = readConfRecords(reader);
  return { hardState, firstIndex: boundary.index + 1, lastIndex, termRuns, confIndexes, confHistory, boundary };
}

function listsOf(conf: ConfState): readonly (readonly NodeId[])[] {
  return [conf.voters, conf.learners, conf.votersOutgoing, conf.learnersNext];
}

function readIds(reader: ByteReader): NodeId[] {
  const count = reader.u16();
  const ids: NodeId[] = [];
  for (let i = 0; i < count; i++) ids.push(reader.text());
  return ids;
}
