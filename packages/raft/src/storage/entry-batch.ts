import { EntryType } from '../core/types.ts';
import type { Entry } from '../core/types.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { malformed } from './errors.ts';
import type { TermRun } from './ports.ts';

/**
 * Final bytes of consecutive entries, the same on disk and on the wire (all little-endian):
 *
 *     firstIndex u64 · count u32 · runs u32 · runs × { count u32 · term u64 } · count × { type u8 · length u32 · data }
 *
 * Indexes are implied by `firstIndex`, terms are run-length coded. `count` may be 0, then there is no run.
 */
const HEAD_BYTES = 16;
const RUN_BYTES = 12;
/** Type and length in front of an entry's data. */
export const ENTRY_HEAD_BYTES = 5;

/** What a log needs to know about a batch without its data. */
export interface EntrySummary {
  /** Index of the first entry; with `count` 0 the index the next entry would have. */
  readonly firstIndex: number;
  readonly count: number;
  /** Terms, each from the index it begins at; ascending in both. Empty iff `count` is 0. */
  readonly runs: readonly TermRun[];
  /** Indexes of configuration changes, ascending. */
  readonly confIndexes: readonly number[];
  /** Sum of the lengths of the data. */
  readonly dataBytes: number;
}

/**
 * Summary of entries in memory.
 * @throws TypeError when indexes are not consecutive, terms fall, or a field is out of range
 */
export function summarizeEntries(entries: readonly Entry[], firstIndex = entries[0]?.index ?? 1): EntrySummary {
  const runs: TermRun[] = [];
  const confIndexes: number[] = [];
  let term = 0;
  let dataBytes = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry.index !== firstIndex + i)
      throw new TypeError(`entry ${i} has index ${entry.index}, not ${firstIndex + i}`);
    if (entry.term !== term || i === 0) {
      if (!Number.isSafeInteger(entry.term) || entry.term < 1 || entry.term < term) {
        throw new TypeError(
          `entry ${entry.index} has term ${entry.term}; terms are safe integers from 1 and never fall (last ${term})`,
        );
      }
      term = entry.term;
      runs.push({ index: entry.index, term });
    }
    if (entry.type !== EntryType.normal) {
      if (entry.type !== EntryType.confChange && entry.type !== EntryType.confChangeV2) {
        throw new TypeError(`entry ${entry.index} has type ${String(entry.type)}; 0, 1 and 2 are allowed`);
      }
      confIndexes.push(entry.index);
    }
    dataBytes += entry.data.byteLength;
  }
  if (!Number.isSafeInteger(firstIndex + entries.length) || firstIndex < 1) {
    throw new TypeError(`first index ${firstIndex} is out of range; safe integers from 1 are allowed`);
  }
  return { firstIndex, count: entries.length, runs, confIndexes, dataBytes };
}

/** Length of the encoding. */
export function entryBatchBytes(summary: EntrySummary): number {
  return HEAD_BYTES + summary.runs.length * RUN_BYTES + summary.count * ENTRY_HEAD_BYTES + summary.dataBytes;
}

/** Writes the encoding of `entries`, summarized before, into `target` at `offset`; returns the end. */
export function writeEntryBatch(
  entries: readonly Entry[],
  summary: EntrySummary,
  target: Uint8Array,
  offset: number,
): number {
  const writer = new ByteWriter(target, offset);
  writer.u64(summary.firstIndex);
  writer.u32(summary.count);
  writer.u32(summary.runs.length);
  for (let i = 0; i < summary.runs.length; i++) {
    const run = summary.runs[i]!;
    const next = summary.runs[i + 1]?.index ?? summary.firstIndex + summary.count;
    writer.u32(next - run.index);
    writer.u64(run.term);
  }
  let at = writer.offset;
  for (let i = 0; i < entries.length; i++) {
    const { type, data } = entries[i]!;
    const length = data.byteLength;
    target[at] = type;
    target[at + 1] = length;
    target[at + 2] = length >>> 8;
    target[at + 3] = length >>> 16;
    target[at + 4] = length >>> 24;
    target.set(data, at + ENTRY_HEAD_BYTES);
    at += ENTRY_HEAD_BYTES + length;
  }
  return at;
}

/**
 * Encodes consecutive entries.
 * @param firstIndex - only needed when `entries` is empty
 * @throws TypeError when the entries are no consecutive part of a log
 */
export function encodeEntryBatch(entries: readonly Entry[], firstIndex?: number): Uint8Array {
  const summary = summarizeEntries(entries, firstIndex);
  const bytes = new Uint8Array(entryBatchBytes(summary));
  writeEntryBatch(entries, summary, bytes, 0);
  return bytes;
}

/**
 * Checks an encoded batch to its last byte and tells what is in it, building no entry.
 * @throws StorageError `malformed`
 */
export function scanEntryBatch(bytes: Uint8Array): EntrySummary {
  const head = readHead(bytes);
  const confIndexes: number[] = [];
  let at = head.bodyOffset;
  for (let i = 0; i < head.count; i++) {
    const length = entryLength(bytes, at);
    if (bytes[at] !== EntryType.normal) confIndexes.push(head.firstIndex + i);
    at += ENTRY_HEAD_BYTES + length;
  }
  if (at !== bytes.byteLength) throw malformed(`${bytes.byteLength - at} bytes behind the last entry`, { offset: at });
  const dataBytes = at - head.bodyOffset - head.count * ENTRY_HEAD_BYTES;
  return { firstIndex: head.firstIndex, count: head.count, runs: head.runs, confIndexes, dataBytes };
}

/**
 * Decodes a batch. The data of the entries are views of `bytes`: copy what outlives it.
 * @throws StorageError `malformed`, having allocated no more than a small multiple of `bytes`
 */
export function decodeEntryBatch(bytes: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  const end = visitEntries(bytes, (entry) => {
    entries.push(entry);
    return true;
  });
  if (end !== bytes.byteLength)
    throw malformed(`${bytes.byteLength - end} bytes behind the last entry`, { offset: end });
  return entries;
}

/** Hands the entries of a batch to `visit` in order until it returns false; returns the offset it came to. */
export function visitEntries(bytes: Uint8Array, visit: (entry: Entry) => boolean): number {
  const { firstIndex, count, runs, bodyOffset } = readHead(bytes);
  let at = bodyOffset;
  let run = -1;
  let term = 0;
  let runEnd = firstIndex;
  for (let i = 0; i < count; i++) {
    const index = firstIndex + i;
    if (index === runEnd) {
      run += 1;
      term = runs[run]!.term;
      runEnd = runs[run + 1]?.index ?? firstIndex + count;
    }
    const length = entryLength(bytes, at);
    const start = at + ENTRY_HEAD_BYTES;
    at = start + length;
    const more = visit({
      term,
      index,
      type: bytes[start - ENTRY_HEAD_BYTES] as EntryType,
      data: bytes.subarray(start, at),
    });
    if (!more) break;
  }
  return at;
}

interface Head {
  readonly firstIndex: number;
  readonly count: number;
  readonly runs: readonly TermRun[];
  readonly bodyOffset: number;
}

function readHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes);
  const firstIndex = reader.u64();
  const count = reader.u32();
  const runCount = reader.u32();
  if (firstIndex < 1 || !Number.isSafeInteger(firstIndex + count)) throw malformed(`first index ${firstIndex}`);
  // Before anything is allocated: what is announced must fit what is there.
  if (runCount > count || runCount * RUN_BYTES + count * ENTRY_HEAD_BYTES > reader.remaining) {
    throw malformed(`${count} entries in ${runCount} terms announced, ${reader.remaining} bytes are left`);
  }
  const runs: TermRun[] = [];
  let index = firstIndex;
  let term = 0;
  for (let i = 0; i < runCount; i++) {
    const length = reader.u32();
    const next = reader.u64();
    if (length < 1 || next <= term) throw malformed(`run ${i} of ${length} entries at term ${next} after ${term}`);
    term = next;
    runs.push({ index, term });
    index += length;
  }
  if (index !== firstIndex + count) throw malformed(`runs cover ${index - firstIndex} of ${count} entries`);
  return { firstIndex, count, runs, bodyOffset: reader.offset };
}

/** Length of the data of the entry at `at`, checked to lie inside `bytes`. */
function entryLength(bytes: Uint8Array, at: number): number {
  const left = bytes.byteLength - at - ENTRY_HEAD_BYTES;
  if (left < 0) throw malformed('cut inside the head of an entry', { offset: at });
  const type = bytes[at]!;
  if (type > EntryType.confChangeV2) throw malformed(`entry of type ${type}`, { offset: at });
  const length = (bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24)) >>> 0;
  if (length > left) throw malformed(`entry of ${length} bytes, ${left} are left`, { offset: at });
  return length;
}
