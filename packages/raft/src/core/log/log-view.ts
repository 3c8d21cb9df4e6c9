import type { ConfState, Entry, HardState, SnapshotMeta } from '../types.ts';

/** The entries were replaced by a snapshot. */
export const COMPACTED = 'compacted';
/** The entries are not in memory; they must be read and handed in later. */
export const PENDING = 'pending';

/** What a read of entries can give. */
export type EntriesResult = readonly Entry[] | typeof COMPACTED | typeof PENDING;

/** What the core resumes from. */
export interface InitialState {
  readonly hardState: HardState;
  /** Membership as of the applied index that the core is given. */
  readonly confState: ConfState;
}

/**
 * The durable log as the core sees it: synchronous, read only. Whoever writes the log alters it, always before the
 * completion of the write is reported to the core.
 */
export interface LogView {
  initialState(): InitialState;
  /** Index of the first entry that is not compacted: that of the snapshot + 1. */
  firstIndex(): number;
  /** Index of the last entry; `firstIndex() - 1` if there is none. */
  lastIndex(): number;
  /** Term of an entry in `[firstIndex - 1, lastIndex]`, else `undefined`. Never needs a disk. */
  term(index: number): number | undefined;
  /** Entries of `[lo, hi)`, `hi <= lastIndex + 1`: a prefix of at most `maxBytes`, but one at least. */
  entries(lo: number, hi: number, maxBytes: number): EntriesResult;
  /** Whether a membership change is among the entries of `[lo, hi)`. */
  hasConfChange(lo: number, hi: number): boolean;
  /** Newest snapshot; `undefined` while there is none to give. */
  snapshot(): SnapshotMeta | undefined;
}
