import type { Entry } from '../types.ts';

/** Bytes of a positive integer in base 128. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/**
 * Size of an entry as every limit on encoded sizes counts it: a tagged, base 128 encoding of type, term, index and data.
 * No wire need use that encoding; the limits only need one measure.
 */
export function entrySize(entry: Entry): number {
  const length = entry.data.length;
  const fixed = 4 + varintBytes(entry.term) + varintBytes(entry.index);
  return length === 0 ? fixed : fixed + 1 + varintBytes(length) + length;
}

/** Sum of {@link entrySize}. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entrySize(entries[i]!);
  return size;
}

/** Bytes of data alone. */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entries[i]!.data.length;
  return size;
}

/** A copy of the longest prefix of at most `maxBytes`, but at least one entry if there is any. */
export function limitSize(entries: readonly Entry[], maxBytes: number): Entry[] {
  return entries.slice(0, countWithin(entries, 0, entries.length, maxBytes));
}

/** How many entries from position `lo`, before `hi`, fit into `maxBytes`; at least one if there is any. */
export function countWithin(entries: readonly Entry[], lo: number, hi: number, maxBytes: number): number {
  let size = 0;
  for (let i = lo; i < hi; i++) {
    size += entrySize(entries[i]!);
    if (size > maxBytes && i > lo) return i - lo;
  }
  return hi - lo;
}
