import { assert } from '@dkron/runtime';
import { EMPTY_CONF_STATE } from '../confchange/conf-state.ts';
import { type ConfState, type Entry, EntryType, type HardState, type SnapshotMeta } from '../types.ts';
import { countWithin } from './entries.ts';
import { LogError } from './errors.ts';
import { COMPACTED, type InitialState, type LogView } from './log-view.ts';

/** A whole log in memory: every read answers at once. For tests, simulations and servers without a disk. */
export class MemoryStorage implements LogView {
  #hardState: HardState = { term: 0, vote: '', commit: 0 };
  #snapshot: SnapshotMeta;
  /** Boundary behind which `#entries` begin. May lie behind the snapshot: entries stay for slow followers. */
  #boundary = { index: 0, term: 0 };
  #entries: Entry[] = [];

  /** @param confState - membership to begin with, as long as there is no snapshot */
  constructor(confState: ConfState = EMPTY_CONF_STATE) {
    this.#snapshot = { index: 0, term: 0, confState };
  }

  initialState(): InitialState {
    return { hardState: this.#hardState, confState: this.#snapshot.confState };
  }

  firstIndex(): number {
    return this.#boundary.index + 1;
  }

  lastIndex(): number {
    return this.#boundary.index + this.#entries.length;
  }

  term(index: number): number | undefined {
    if (index === this.#boundary.index) return this.#boundary.term;
    return this.#entries[index - this.#boundary.index - 1]?.term;
  }

  entries(lo: number, hi: number, maxBytes: number): readonly Entry[] | typeof COMPACTED {
    if (lo <= this.#boundary.index) return COMPACTED;
    assert(hi <= this.lastIndex() + 1, `entries to ${hi} asked for, the last is ${this.lastIndex()}`);
    const from = lo - this.firstIndex();
    const count = countWithin(this.#entries, from, hi - this.firstIndex(), maxBytes);
    return this.#entries.slice(from, from + count);
  }

  hasConfChange(lo: number, hi: number): boolean {
    const first = this.firstIndex();
    for (let i = Math.max(lo, first); i < hi; i++) {
      if (this.#entries[i - first]!.type !== EntryType.normal) return true;
    }
    return false;
  }

  snapshot(): SnapshotMeta | undefined {
    return this.#snapshot.index === 0 ? undefined : this.#snapshot;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** Adds consecutive entries; those at and behind the first of them are replaced. Compacted ones are skipped. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const skipped = Math.max(0, this.firstIndex() - first.index);
    if (skipped >= entries.length) return;
    const at = first.index + skipped - this.firstIndex();
    assert(at <= this.#entries.length, `entry ${first.index} would leave a gap behind ${this.lastIndex()}`);
    this.#entries.length = at;
    for (let i = skipped; i < entries.length; i++) this.#entries.push(entries[i]!);
  }

  /** Replaces everything by a snapshot. Throws {@link LogError} if it is not newer than the one held. */
  applySnapshot(snapshot: SnapshotMeta): void {
    if (snapshot.index <= this.#snapshot.index) {
      throw new LogError('RAFT_SNAPSHOT_OUT_OF_DATE', snapshot.index, this.#snapshot.index);
    }
    this.#snapshot = snapshot;
    this.#boundary = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
  }

  /** Records that the application made a snapshot at `index`. The entries stay until {@link compact}. */
  createSnapshot(index: number, confState: ConfState = this.#snapshot.confState): SnapshotMeta {
    if (index <= this.#snapshot.index) throw new LogError('RAFT_SNAPSHOT_OUT_OF_DATE', index, this.#snapshot.index);
    const term = this.term(index);
    if (term === undefined) throw new LogError('RAFT_LOG_UNAVAILABLE', index, this.lastIndex());
    this.#snapshot = { index, term, confState };
    return this.#snapshot;
  }

  /** Forgets the entries up to and including `index`, which must be applied and covered by the snapshot. */
  compact(index: number): void {
    if (index <= this.#boundary.index) throw new LogError('RAFT_LOG_COMPACTED', index, this.#boundary.index);
    const term = this.term(index);
    if (term === undefined) throw new LogError('RAFT_LOG_UNAVAILABLE', index, this.lastIndex());
    this.#entries = this.#entries.slice(index - this.#boundary.index);
    this.#boundary = { index, term };
  }
}
