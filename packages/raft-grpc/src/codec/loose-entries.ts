import { EntryType } from '@dkron/raft/core';
import type { Entry } from '@dkron/raft/core';
import type { ByteReader, ByteWriter } from '@dkron/raft/storage';
import { malformed } from '../errors.ts';

/**
 * Entries that are no part of a log yet, so that index and term may be anything:
 *
 *     count u32 · count × { term u64 · index u64 · type u8 · length u32 · data }
 */
const COUNT_BYTES = 4;
const HEAD_BYTES = 21;

export function looseEntriesBytes(entries: readonly Entry[]): number {
  let bytes = COUNT_BYTES + entries.length * HEAD_BYTES;
  for (const entry of entries) bytes += entry.data.byteLength;
  return bytes;
}

export function writeLooseEntries(entries: readonly Entry[], writer: ByteWriter): void {
  writer.u32(entries.length);
  for (const { term, index, type, data } of entries) {
    writer.u64(term);
    writer.u64(index);
    writer.u8(type);
    writer.u32(data.byteLength);
    writer.raw(data);
  }
}

/** The data are views. Throws when what is announced does not fit what is there. */
export function readLooseEntries(reader: ByteReader): Entry[] {
  const count = reader.u32();
  if (count === 0 || count * HEAD_BYTES > reader.remaining) throw malformed(`${count} entries announced`);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const term = reader.u64();
    const index = reader.u64();
    const type = reader.u8();
    if (type > EntryType.confChangeV2) throw malformed(`entry of type ${type}`);
    entries.push({ term, index, type: type as EntryType, data: reader.raw(reader.u32()) });
  }
  return entries;
}
