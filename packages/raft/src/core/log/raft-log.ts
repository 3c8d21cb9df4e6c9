import { assert } from '@dkron/runtime';
import type { TraceSink } from '../events.ts';
import { type Entry, EntryType, type SnapshotMeta } from '../types.ts';
import { countWithin, entriesSize } from './entries.ts';
import { COMPACTED, type EntriesResult, type LogView, PENDING } from './log-view.ts';
import { Unstable } from './unstable.ts';

/** Positions inside the log at one moment. */
export interface LogState {
  readonly committed: number;
  readonly applied: number;
  readonly applying: number;
  readonly unstableOffset: number;
  readonly unstableOffsetInProgress: number;
  readonly unstableEntries: number;
}

/** Position and term of an entry. */
export interface EntryId {
  readonly index: number;
  readonly term: number;
}

/**
 * The whole log: the durable part behind a view and the unstable tail. Invariant:
 * `applied <= applying <= committed <= lastIndex`, and `firstIndex <= applied + 1`.
 */
export class RaftLog {
  readonly unstable: Unstable;
  /** Highest index known to be durable on a quorum. */
  committed: number;
  /** Highest index handed out to be applied. */
  applying: number;
  /** Highest index applied. */
  applied: number;
  readonly #view: LogView;
  readonly #trace: TraceSink | undefined;
  /** Bound on `#applyingSize`: bytes of entries handed out and not yet applied. Soft by one entry. */
  readonly #maxApplyingSize: number;
  #applyingSize = 0;
  #applyingPaused = false;

  constructor(view: LogView, maxApplyingSize: number, trace?: TraceSink) {
    this.#view = view;
    this.#trace = trace;
    this.#maxApplyingSize = maxApplyingSize;
    const boundary = view.firstIndex() - 1;
    this.unstable = new Unstable(view.lastIndex() + 1, trace);
    this.committed = boundary;
    this.applying = boundary;
    this.applied = boundary;
  }

  firstIndex(): number {
    return this.unstable.firstIndex() ?? this.#view.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.lastIndex() ?? this.#view.lastIndex();
  }

  lastTerm(): number {
    const term = this.term(this.lastIndex());
    assert(term !== undefined, `no term for the last entry ${this.lastIndex()}`);
    return term;
  }

  /** Term of an entry in `[firstIndex - 1, lastIndex]`, else `undefined`. */
  term(index: number): number | undefined {
    const unstable = this.unstable.term(index);
    if (unstable !== undefined) return unstable;
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return undefined;
    return this.#view.term(index);
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a log that ends with this entry is at least as complete as ours (raft 5.4.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    const ownTerm = this.lastTerm();
    return lastTerm > ownTerm || (lastTerm === ownTerm && lastIndex >= this.lastIndex());
  }

  /**
   * Takes an append of the leader (raft 5.3). `undefined` if the entry before it does not match, else the index of its
   * last entry. Nothing is cut off unless an entry conflicts.
   */
  maybeAppend(prevIndex: number, prevTerm: number, entries: readonly Entry[], commit: number): number | undefined {
    if (!this.matches(prevIndex, prevTerm)) return undefined;
    const last = prevIndex + entries.length;
    const conflict = this.findConflict(entries);
    if (conflict > 0) {
      assert(conflict > this.committed, `entry ${conflict} conflicts with a committed one (up to ${this.committed})`);
      const skip = conflict - prevIndex - 1;
      this.append(skip === 0 ? entries : entries.slice(skip));
    }
    // Not min(commit, lastIndex): what lies behind this append is not verified.
    this.commitTo(Math.min(commit, last));
    return last;
  }

  /** Adds entries; those at and behind the first of them are replaced. Returns the last index. */
  append(entries: readonly Entry[]): number {
    const first = entries[0];
    if (first === undefined) return this.lastIndex();
    assert(
      first.index > this.committed,
      `entry ${first.index} would replace a committed one (up to ${this.committed})`,
    );
    this.unstable.truncateAndAppend(entries);
    return this.lastIndex();
  }

  /** Index of the first of the entries that the log lacks or holds with another term; 0 if it has them all. */
  findConflict(entries: readonly Entry[]): number {
    for (let i = 0; i < entries.length; i++) {
      const { index, term } = entries[i]!;
      const ownTerm = this.term(index);
      if (ownTerm === term) continue;
      if (ownTerm !== undefined && index <= this.lastIndex()) {
        this.#trace?.({ kind: 'conflictFound', index, ownTerm, term });
      }
      return index;
    }
    return 0;
  }

  /**
   * The largest index `<= index` whose entry has a term `<= term`: the logs can agree there, but not behind it. Term 0 if
   * ours is unknown there. Terms ascend, so a binary search finds it.
   */
  findConflictByTerm(index: number, term: number): EntryId {
    if (index > this.lastIndex()) return { index, term: 0 };
    const boundary = this.firstIndex() - 1;
    if (index < boundary) return { index, term: 0 };
    let lo = boundary - 1;
    let hi = index;
    while (lo < hi) {
      const middle = Math.floor((lo + hi + 1) / 2);
      if (this.term(middle)! <= term) lo = middle;
      else hi = middle - 1;
    }
    return lo >= boundary ? { index: lo, term: this.term(lo)! } : { index: Math.max(lo, 0), term: 0 };
  }

  /** Commits up to `index` if the entry there has `term` (raft 5.4.2). Whether that moved the commit index. */
  maybeCommit(index: number, term: number): boolean {
    if (term === 0 || index <= this.committed || !this.matches(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  /** Moves the commit index forward; never back. */
  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(index <= this.lastIndex(), `commit ${index} is beyond the last entry ${this.lastIndex()}`);
    this.committed = index;
  }

  /** Entries of `[lo, lastIndex]`: a prefix of at most `maxBytes`, but one at least if there is any. */
  entries(lo: number, maxBytes: number): EntriesResult {
    if (lo > this.lastIndex()) return [];
    return this.slice(lo, this.lastIndex() + 1, maxBytes);
  }

  /** Entries of `[lo, hi)`, limited as in {@link entries}. */
  slice(lo: number, hi: number, maxBytes: number): EntriesResult {
    if (lo < this.firstIndex()) return COMPACTED;
    assert(lo <= hi && hi <= this.lastIndex() + 1, `slice [${lo}, ${hi}) ends behind ${this.lastIndex()}`);
    if (lo === hi) return [];
    const offset = this.unstable.offset;
    if (lo >= offset) return this.#unstablePrefix(lo, hi, maxBytes);
    const cut = Math.min(hi, offset);
    const stable = this.#view.entries(lo, cut, maxBytes);
    if (stable === COMPACTED || stable === PENDING || hi <= offset || stable.length < cut - lo) return stable;
    const size = entriesSize(stable);
    if (size >= maxBytes) return stable;
    const tail = this.#unstablePrefix(offset, hi, maxBytes - size);
    // The prefix has one entry at least, which may be too much.
    if (tail.length === 1 && size + entriesSize(tail) > maxBytes) return stable;
    return [...stable, ...tail];
  }

  /** Whether a membership change is among `[lo, hi)`. */
  hasConfChange(lo: number, hi: number): boolean {
    const { offset, entries } = this.unstable;
    for (let i = Math.max(lo, offset); i < hi; i++) {
      if (entries[i - offset]!.type !== EntryType.normal) return true;
    }
    const end = Math.min(hi, offset);
    return lo < end && this.#view.hasConfChange(Math.max(lo, this.#view.firstIndex()), end);
  }

  /** Whether there are committed entries to hand out now. */
  hasNextCommitted(allowUnstable: boolean): boolean {
    if (this.#applyingPaused || this.unstable.snapshot !== undefined) return false;
    return this.applying < this.maxAppliable(allowUnstable);
  }

  /** Bytes that may still be handed out; positive while {@link hasNextCommitted}. */
  get applyingQuota(): number {
    return this.#maxApplyingSize - this.#applyingSize;
  }

  /** Entries to hand out now. */
  nextCommitted(allowUnstable: boolean): EntriesResult {
    if (!this.hasNextCommitted(allowUnstable)) return [];
    return this.slice(this.applying + 1, this.maxAppliable(allowUnstable) + 1, this.applyingQuota);
  }

  /** Highest index that may be handed out. With the log written asynchronously, entries must be durable here first. */
  maxAppliable(allowUnstable: boolean): number {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  /** Entries up to `index` with `size` bytes in all were handed out. */
  acceptApplying(index: number, size: number, allowUnstable: boolean): void {
    assert(index <= this.committed, `applying ${index} beyond the commit index ${this.committed}`);
    assert(index >= this.applying, `applying ${index} after ${this.applying}`);
    this.applying = index;
    this.#applyingSize += size;
    // A batch that ended early was cut by the quota: the rest would exceed it, even if there is some left.
    this.#applyingPaused = this.#applyingSize >= this.#maxApplyingSize || index < this.maxAppliable(allowUnstable);
  }

  /** Entries up to `index`, `size` bytes of those handed out, were applied. */
  appliedTo(index: number, size: number): void {
    assert(index >= this.applied, `applied ${index} after ${this.applied}`);
    assert(index <= this.committed, `applied ${index} beyond the commit index ${this.committed}`);
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.#applyingSize = Math.max(0, this.#applyingSize - size);
    this.#applyingPaused = this.#applyingSize >= this.#maxApplyingSize;
  }

  /** Newest snapshot to send. */
  snapshot(): SnapshotMeta | undefined {
    return this.unstable.snapshot ?? this.#view.snapshot();
  }

  /** Replaces the log by a received snapshot. */
  restore(snapshot: SnapshotMeta): void {
    this.#trace?.({ kind: 'logRestore', log: this.state(), index: snapshot.index, term: snapshot.term });
    assert(snapshot.index > this.committed, `snapshot ${snapshot.index} is behind the commit index ${this.committed}`);
    this.committed = snapshot.index;
    this.unstable.restore(snapshot);
  }

  state(): LogState {
    return {
      committed: this.committed,
      applied: this.applied,
      applying: this.applying,
      unstableOffset: this.unstable.offset,
      unstableOffsetInProgress: this.unstable.offsetInProgress,
      unstableEntries: this.unstable.entries.length,
    };
  }

  #unstablePrefix(lo: number, hi: number, maxBytes: number): Entry[] {
    const { offset, entries } = this.unstable;
    const count = countWithin(entries, lo - offset, hi - offset, maxBytes);
    return this.unstable.slice(lo, lo + count);
  }
}
