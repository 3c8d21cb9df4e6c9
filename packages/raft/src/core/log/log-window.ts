import { assert } from '@dkron/runtime';
import { type Entry, EntryType, type HardState, type SnapshotMeta, type ConfState } from '../types.ts';
import { countWithin, entrySize } from './entries.ts';
import { COMPACTED, type EntriesResult, type InitialState, type LogView, PENDING } from './log-view.ts';
import { type TermRun, TermRuns } from './term-runs.ts';

/** What is on disk when the window is opened. */
export interface LogWindowOptions {
  readonly hardState: HardState;
  /** Membership as of the applied index that the core is given. */
  readonly confState: ConfState;
  /** Last compacted entry. */
  readonly boundary: { readonly index: number; readonly term: number };
  readonly lastIndex: number;
  /** Terms of the entries behind the boundary, ascending. */
  readonly termRuns: readonly TermRun[];
  /** Indexes of the membership changes behind the boundary, ascending. */
  readonly confIndexes: readonly number[];
  readonly snapshot?: SnapshotMeta | undefined;
  /** Bytes of entries kept in memory, by `entrySize`. The newest entry stays whatever its size. */
  readonly cacheBytes: number;
}

/** In the place of an evicted entry, so that its bytes can be collected. */
const GONE: Entry = { term: 0, index: 0, type: EntryType.normal, data: new Uint8Array(0) };

/**
 * The view of a log that lives on a disk: terms and positions of membership changes of the whole log, and the newest
 * entries. Older ones are {@link PENDING}: the core asks for them in `Ready.reads`. The writer of the log calls
 * `append`, `applySnapshot` and `compact` once the disk has done the same, before it reports so to the core.
 */
export class LogWindow implements LogView {
  readonly #initial: InitialState;
  readonly #cacheBytes: number;
  #terms: TermRuns;
  #confIndexes: number[];
  #snapshot: SnapshotMeta | undefined;
  /** Entries `[#first, last]`; positions before `#head` were evicted. */
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;

  constructor(options: LogWindowOptions) {
    this.#initial = { hardState: options.hardState, confState: options.confState };
    this.#cacheBytes = options.cacheBytes;
    this.#terms = new TermRuns(options.boundary, options.termRuns, options.lastIndex);
    this.#confIndexes = [...options.confIndexes];
    this.#snapshot = options.snapshot;
  }

  /** Bytes of entries in memory. */
  get cachedBytes(): number {
    return this.#bytes;
  }

  /** Index of the oldest entry in memory; `lastIndex() + 1` if there is none. */
  get cachedFrom(): number {
    return this.lastIndex() + 1 - (this.#entries.length - this.#head);
  }

  initialState(): InitialState {
    return this.#initial;
  }

  firstIndex(): number {
    return this.#terms.boundary + 1;
  }

  lastIndex(): number {
    return this.#terms.last;
  }

  term(index: number): number | undefined {
    return this.#terms.term(index);
  }

  entries(lo: number, hi: number, maxBytes: number): EntriesResult {
    if (lo < this.firstIndex()) return COMPACTED;
    assert(hi <= this.lastIndex() + 1, `entries to ${hi} asked for, the last is ${this.lastIndex()}`);
    const cachedFrom = this.cachedFrom;
    if (lo < cachedFrom) return PENDING;
    const from = this.#head + lo - cachedFrom;
    const count = countWithin(this.#entries, from, from + hi - lo, maxBytes);
    return this.#entries.slice(from, from + count);
  }

  hasConfChange(lo: number, hi: number): boolean {
    return this.#confIndexes.some((index) => index >= lo && index < hi);
  }

  snapshot(): SnapshotMeta | undefined {
    return this.#snapshot;
  }

  /** Consecutive entries are durable; those at and behind the first of them were replaced. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const skipped = Math.max(0, this.firstIndex() - first.index);
    if (skipped >= entries.length) return;
    this.#truncateFrom(first.index + skipped);
    for (let i = skipped; i < entries.length; i++) {
      const entry = entries[i]!;
      this.#terms.append(entry.index, entry.term);
      if (entry.type !== EntryType.normal) this.#confIndexes.push(entry.index);
      this.#entries.push(entry);
      this.#bytes += entrySize(entry);
    }
    this.#evict();
  }

  /** The log was replaced by a snapshot received. */
  applySnapshot(snapshot: SnapshotMeta): void {
    this.#snapshot = snapshot;
    this.#terms = new TermRuns(snapshot);
    this.#confIndexes = [];
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** A snapshot of the own state machine is durable. The log stays as it is; so does a newer one, received meanwhile. */
  setSnapshot(snapshot: SnapshotMeta): void {
    if (snapshot.index > (this.#snapshot?.index ?? 0)) this.#snapshot = snapshot;
  }

  /** The entries up to and including `index`, all of them applied, are gone; no-op if they were before. */
  compact(index: number): void {
    if (index <= this.#terms.boundary) return;
    assert(index <= this.lastIndex(), `compaction to ${index}, the last entry is ${this.lastIndex()}`);
    while (this.cachedFrom <= index) this.#dropHead();
    this.#terms.compactTo(index);
    this.#confIndexes = this.#confIndexes.filter((one) => one > index);
    this.#tidy();
  }

  /** Nobody will ask for the entries up to `index`: they leave memory, save the newest. */
  release(index: number): void {
    while (this.cachedFrom <= index && this.#entries.length - this.#head > 1) this.#dropHead();
    this.#tidy();
  }

  #truncateFrom(index: number): void {
    if (index >= this.cachedFrom && index <= this.lastIndex()) {
      const drop = this.lastIndex() + 1 - index;
      for (const entry of this.#entries.splice(this.#entries.length - drop)) this.#bytes -= entrySize(entry);
      this.#terms.truncateFrom(index);
    }
    if (this.lastIndex() >= index) {
      // The cut lies before the window: nothing in memory survives it.
      this.#entries = [];
      this.#head = 0;
      this.#bytes = 0;
      this.#terms.truncateFrom(index);
    }
    while (this.#confIndexes.length > 0 && this.#confIndexes.at(-1)! >= index) this.#confIndexes.pop();
  }

  #evict(): void {
    while (this.#bytes > this.#cacheBytes && this.#entries.length - this.#head > 1) this.#dropHead();
    this.#tidy();
  }

  #dropHead(): void {
    this.#bytes -= entrySize(this.#entries[this.#head]!);
    this.#entries[this.#head++] = GONE;
  }

  /** Gives evicted positions back once they are half of the array: amortised, one move an entry. */
  #tidy(): void {
    if (this.#head * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
