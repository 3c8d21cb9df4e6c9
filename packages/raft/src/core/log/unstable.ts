import { assert } from '@dkron/runtime';
import type { TraceSink } from '../events.ts';
import type { Entry, SnapshotMeta } from '../types.ts';

/**
 * The part of the log that is not known to be durable: entries from `offset` on and, if one was received, a snapshot.
 * `entries[i]` has index `i + offset`; `offset` may lie before the last durable index, the durable entries behind it are
 * then about to be overwritten. What was handed out for writing and not yet confirmed is "in progress".
 */
export class Unstable {
  snapshot: SnapshotMeta | undefined = undefined;
  entries: Entry[] = [];
  offset: number;
  snapshotInProgress = false;
  /** Entries before this index are in progress. `offset <= offsetInProgress <= offset + entries.length`. */
  offsetInProgress: number;
  readonly #trace: TraceSink | undefined;

  constructor(offset: number, trace?: TraceSink) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#trace = trace;
  }

  /** First index behind the snapshot, if there is one. */
  firstIndex(): number | undefined {
    return this.snapshot === undefined ? undefined : this.snapshot.index + 1;
  }

  lastIndex(): number | undefined {
    if (this.entries.length > 0) return this.offset + this.entries.length - 1;
    return this.snapshot?.index;
  }

  term(index: number): number | undefined {
    if (index < this.offset) return this.snapshot?.index === index ? this.snapshot.term : undefined;
    return this.entries[index - this.offset]?.term;
  }

  get hasNextEntries(): boolean {
    return this.offset + this.entries.length > this.offsetInProgress;
  }

  /** A copy of the entries that are not in progress. */
  nextEntries(): Entry[] {
    return this.entries.slice(this.offsetInProgress - this.offset);
  }

  /** The snapshot, if it is not in progress. */
  nextSnapshot(): SnapshotMeta | undefined {
    return this.snapshotInProgress ? undefined : this.snapshot;
  }

  /** Everything was handed out for writing. */
  acceptInProgress(): void {
    this.offsetInProgress = this.offset + this.entries.length;
    if (this.snapshot !== undefined) this.snapshotInProgress = true;
  }

  /** The entries up to `index` are durable, if the last of them still has the term that was written. */
  stableTo(index: number, term: number): void {
    const ownTerm = this.term(index);
    if (ownTerm === undefined) {
      this.#trace?.({ kind: 'unstableMissing', index });
      return;
    }
    if (index < this.offset) {
      this.#trace?.({ kind: 'unstableMatchedSnapshot', index });
      return;
    }
    if (ownTerm !== term) {
      // The entry was replaced while its predecessor was being written.
      this.#trace?.({ kind: 'unstableMismatch', index, term, ownTerm });
      return;
    }
    const count = index + 1 - this.offset;
    this.entries = count === this.entries.length ? [] : this.entries.slice(count);
    this.offset = index + 1;
    this.offsetInProgress = Math.max(this.offsetInProgress, this.offset);
  }

  stableSnapshotTo(index: number): void {
    if (this.snapshot?.index !== index) return;
    this.snapshot = undefined;
    this.snapshotInProgress = false;
  }

  /** Replaces everything by a snapshot. */
  restore(snapshot: SnapshotMeta): void {
    this.offset = snapshot.index + 1;
    this.offsetInProgress = this.offset;
    this.entries = [];
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Adds consecutive entries, at least one; those at and behind the first of them are replaced. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const first = entries[0]!.index;
    const end = this.offset + this.entries.length;
    assert(first <= end, `entry ${first} would leave a gap behind ${end - 1}`);
    if (first < end) {
      if (first <= this.offset) {
        this.#trace?.({ kind: 'unstableReplaced', index: first });
        this.entries = [];
        this.offset = first;
        this.offsetInProgress = first;
      } else {
        this.#trace?.({ kind: 'unstableTruncated', index: first });
        this.entries.length = first - this.offset;
        this.offsetInProgress = Math.min(this.offsetInProgress, first);
      }
    }
    for (let i = 0; i < entries.length; i++) this.entries.push(entries[i]!);
  }

  /** A copy of the entries of `[lo, hi)`. */
  slice(lo: number, hi: number): Entry[] {
    const end = this.offset + this.entries.length;
    assert(lo <= hi && lo >= this.offset && hi <= end, `unstable [${lo}, ${hi}) outside [${this.offset}, ${end})`);
    return this.entries.slice(lo - this.offset, hi - this.offset);
  }
}
