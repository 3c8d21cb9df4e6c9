import {
  type ConfState,
  type Entry,
  entrySize,
  EntryType,
  type HardState,
  LogWindow,
  type SnapshotMeta,
  type TermRun,
} from '../../core/index.ts';
import type { DurableView } from '../check/checker.ts';
import { chainOf } from './entry-chain.ts';
import type { MachineState } from './state-machine.ts';
import type { WriteBatch } from './write-batch.ts';

/** A snapshot with what the state machine was then. */
export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly state: MachineState;
}

/**
 * What is on the disk of a simulated server. Writes reach it in order; after a crash some of those that were under way
 * are there, always a prefix: records are chained.
 */
export class SimLog implements DurableView {
  hardState: HardState;
  snapshot: StoredSnapshot | undefined;
  /** Commit index as of the last synced write: newer ones may be lost. */
  #syncedCommit: number;
  #boundary: { index: number; term: number };
  #entries: Entry[] = [];
  /** Hash of each entry and all before it. */
  #chains: number[] = [];
  #boundaryChain = 0;
  readonly #onAppend: (entry: Entry, chain: number) => void;

  constructor(snapshot: StoredSnapshot | undefined, onAppend: (entry: Entry, chain: number) => void) {
    this.snapshot = snapshot;
    const { index, term } = snapshot?.meta ?? { index: 0, term: 0 };
    this.#boundary = { index, term };
    this.hardState = { term, vote: '', commit: index };
    this.#syncedCommit = index;
    this.#onAppend = onAppend;
  }

  get term(): number {
    return this.hardState.term;
  }

  get vote(): string {
    return this.hardState.vote;
  }

  get commit(): number {
    return this.hardState.commit;
  }

  get boundary(): number {
    return this.#boundary.index;
  }

  get lastIndex(): number {
    return this.#boundary.index + this.#entries.length;
  }

  termAt(index: number): number | undefined {
    if (index === this.#boundary.index) return this.#boundary.term;
    return this.#entries[index - this.#boundary.index - 1]?.term;
  }

  chainAt(index: number): number {
    if (index <= this.#boundary.index) return this.#boundaryChain;
    return this.#chains[index - this.#boundary.index - 1] ?? 0;
  }

  /** Entries of `[lo, hi)` for a read; `undefined` if they are compacted. */
  read(lo: number, hi: number, maxBytes: number): readonly Entry[] | undefined {
    if (lo <= this.#boundary.index) return undefined;
    const found: Entry[] = [];
    let bytes = 0;
    for (let index = lo; index < Math.min(hi, this.lastIndex + 1); index++) {
      const entry = this.#entries[index - this.#boundary.index - 1]!;
      bytes += entrySize(entry);
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(entry);
    }
    return found;
  }

  write(batch: WriteBatch, stateOf: (index: number) => MachineState): void {
    const { snapshot, hardState } = batch;
    if (snapshot !== undefined && snapshot.index > (this.snapshot?.meta.index ?? 0)) {
      this.install({ meta: snapshot, state: stateOf(snapshot.index) });
    }
    this.append(batch.entries);
    if (hardState !== undefined) this.hardState = hardState;
    if (batch.synced) this.#syncedCommit = this.hardState.commit;
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const at = entry.index - this.#boundary.index - 1;
      if (at < 0) continue;
      this.#entries.length = at;
      this.#chains.length = at;
      const chain = chainOf(this.chainAt(entry.index - 1), entry);
      this.#entries.push(entry);
      this.#chains.push(chain);
      this.#onAppend(entry, chain);
    }
  }

  install(snapshot: StoredSnapshot): void {
    this.snapshot = snapshot;
    this.#boundary = { index: snapshot.meta.index, term: snapshot.meta.term };
    this.#boundaryChain = snapshot.state.chain;
    this.#entries = [];
    this.#chains = [];
  }

  compact(index: number): void {
    if (index <= this.#boundary.index) return;
    this.#boundaryChain = this.chainAt(index);
    const term = this.termAt(index)!;
    this.#entries = this.#entries.slice(index - this.#boundary.index);
    this.#chains = this.#chains.slice(index - this.#boundary.index);
    this.#boundary = { index, term };
  }

  /** What a crash leaves of it: the commit index may be an older one. Whether it is. */
  forgetUnsynced(): boolean {
    const commit = Math.min(this.#syncedCommit, this.hardState.commit);
    const lost = commit < this.hardState.commit;
    this.hardState = { ...this.hardState, commit };
    return lost;
  }

  /** What a starting core sees of it. */
  openWindow(confState: ConfState, cacheBytes: number): LogWindow {
    const termRuns: TermRun[] = [];
    const confIndexes: number[] = [];
    let lastTerm = this.#boundary.term;
    for (const { index, term, type } of this.#entries) {
      if (term !== lastTerm) termRuns.push({ first: index, term });
      lastTerm = term;
      if (type !== EntryType.normal) confIndexes.push(index);
    }
    return new LogWindow({
      hardState: this.hardState,
      confState,
      boundary: { ...this.#boundary },
      lastIndex: this.lastIndex,
      termRuns,
      confIndexes,
      snapshot: this.snapshot?.meta,
      cacheBytes,
    });
  }
}
