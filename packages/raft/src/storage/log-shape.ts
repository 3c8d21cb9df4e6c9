import type { ConfState, HardState } from '../core/types.ts';
import type { EntrySummary } from './entry-batch.ts';
import type { Boundary, ConfRecord, LogState, TermRun } from './ports.ts';

/** Longest server id that the encodings can hold. */
const MAX_ID_BYTES = 0xffff;
const MAX_MEMBERS = 0xffff;

/** A batch without the data of its entries. */
export interface BatchShape {
  readonly truncateFrom?: number | undefined;
  readonly entries?: EntrySummary | undefined;
  readonly hardState?: HardState | undefined;
  readonly commit?: number | undefined;
  readonly confs?: readonly ConfRecord[] | undefined;
}

export interface ResetShape {
  readonly boundary: Boundary;
  readonly hardState?: HardState | undefined;
  readonly confState?: ConfState | undefined;
}

export const EMPTY_STATE: LogState = {
  hardState: { term: 0, vote: '', commit: 0 },
  firstIndex: 1,
  lastIndex: 0,
  termRuns: [{ index: 0, term: 0 }],
  confIndexes: [],
  confHistory: [],
  boundary: { index: 0, term: 0 },
};

/**
 * Positions of a log: what every implementation keeps beside the entries. It refuses (`TypeError`, nothing changed)
 * every change that is no continuation, so no log can come to hold one.
 */
export class LogShape {
  #state: LogState;

  constructor(state: LogState = EMPTY_STATE) {
    this.#state = state;
  }

  get state(): LogState {
    return this.#state;
  }

  get lastTerm(): number {
    return this.#state.termRuns.at(-1)!.term;
  }

  /** Term of an entry from the boundary to the last index. */
  term(index: number): number {
    const runs = this.#state.termRuns;
    let low = 0;
    let high = runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (runs[middle]!.index <= index) low = middle;
      else high = middle - 1;
    }
    return runs[low]!.term;
  }

  append(batch: BatchShape): void {
    const old = this.#state;
    const kept = batch.truncateFrom === undefined ? old : this.#truncated(batch.truncateFrom);
    const added = batch.entries !== undefined && batch.entries.count > 0 ? joined(kept, batch.entries) : kept;
    const hardState = nextHardState(old.hardState, batch);
    const confHistory = batch.confs === undefined ? added.confHistory : recorded(added, batch.confs);
    const next = { ...added, hardState, confHistory };
    checkHardState(old.hardState, hardState, next.lastIndex, next.termRuns.at(-1)!.term);
    this.#state = next;
  }

  /** Drops everything up to `toIndex`; false when that is gone already. */
  compact(toIndex: number): boolean {
    const old = this.#state;
    if (!Number.isSafeInteger(toIndex) || toIndex < 0 || toIndex > old.lastIndex) {
      throw new TypeError(`cannot compact to ${toIndex}; the last index is ${old.lastIndex}`);
    }
    if (toIndex <= old.boundary.index) return false;
    const boundary = { index: toIndex, term: this.term(toIndex) };
    this.#state = {
      ...old,
      boundary,
      firstIndex: toIndex + 1,
      termRuns: [boundary, ...old.termRuns.filter((run) => run.index > toIndex)],
      confIndexes: old.confIndexes.filter((index) => index > toIndex),
      confHistory: withoutSuperseded(old.confHistory, toIndex),
    };
    return true;
  }

  reset({ boundary, hardState: given, confState }: ResetShape): void {
    const old = this.#state;
    const { index, term } = boundary;
    if (
      !Number.isSafeInteger(index) ||
      index < 0 ||
      !Number.isSafeInteger(term) ||
      term < 0 ||
      (index > 0 && term === 0)
    ) {
      throw new TypeError(`boundary at index ${index}, term ${term} is out of range`);
    }
    if (confState !== undefined) checkConf(confState);
    const base = given ?? old.hardState;
    // A snapshot holds committed state only.
    const hardState = { ...base, commit: Math.max(base.commit, index) };
    // A log that begins anew before everything forgets what was committed too: see `recoveryContradicted`.
    const before = index === 0 ? { ...old.hardState, commit: 0 } : old.hardState;
    checkHardState(before, hardState, index, term);
    const newest = old.confHistory.findLast((conf) => conf.index <= index);
    const kept = confState === undefined ? newest : { index, confState };
    this.#state = {
      hardState,
      boundary: { index, term },
      firstIndex: index + 1,
      lastIndex: index,
      termRuns: [{ index, term }],
      confIndexes: [],
      confHistory: kept === undefined ? [] : [kept],
    };
  }

  #truncated(from: number): LogState {
    const old = this.#state;
    if (!Number.isSafeInteger(from) || from < old.firstIndex || from > old.lastIndex + 1) {
      throw new TypeError(`cannot truncate from ${from}; ${old.firstIndex} to ${old.lastIndex + 1} are allowed`);
    }
    if (from <= old.hardState.commit)
      throw new TypeError(`cannot truncate from ${from}: committed up to ${old.hardState.commit}`);
    if (from > old.lastIndex) return old;
    return {
      ...old,
      lastIndex: from - 1,
      termRuns: old.termRuns.filter((run) => run.index < from),
      confIndexes: old.confIndexes.filter((index) => index < from),
      confHistory: old.confHistory.filter((conf) => conf.index < from),
    };
  }
}

/** @throws TypeError unless `[lo, hi)` ends in the log; `lo` may be compacted */
export function checkRange(lo: number, hi: number, { firstIndex, lastIndex }: LogState): void {
  if (Number.isSafeInteger(lo) && lo >= 0 && lo <= hi && hi <= lastIndex + 1) return;
  throw new TypeError(`cannot read [${lo}, ${hi}); the log is [${firstIndex}, ${lastIndex + 1})`);
}

function joined(kept: LogState, added: EntrySummary): LogState {
  if (added.firstIndex !== kept.lastIndex + 1) {
    throw new TypeError(`entries begin at ${added.firstIndex}; the log goes on at ${kept.lastIndex + 1}`);
  }
  const last = kept.termRuns.at(-1)!.term;
  const first = added.runs[0]!.term;
  if (first < last) throw new TypeError(`entry ${added.firstIndex} has term ${first} behind an entry of term ${last}`);
  const runs: readonly TermRun[] = first === last ? added.runs.slice(1) : added.runs;
  return {
    ...kept,
    lastIndex: added.firstIndex + added.count - 1,
    termRuns: runs.length === 0 ? kept.termRuns : [...kept.termRuns, ...runs],
    confIndexes: added.confIndexes.length === 0 ? kept.confIndexes : [...kept.confIndexes, ...added.confIndexes],
  };
}

function nextHardState(old: HardState, batch: BatchShape): HardState {
  if (batch.hardState !== undefined) {
    const { term, vote, commit } = batch.hardState;
    return { term, vote, commit };
  }
  return batch.commit === undefined ? old : { ...old, commit: batch.commit };
}

function checkHardState(old: HardState, next: HardState, lastIndex: number, lastTerm: number): void {
  const { term, vote, commit } = next;
  if (!Number.isSafeInteger(term) || term < old.term)
    throw new TypeError(`term ${term} after ${old.term}; terms never fall`);
  if (term === old.term && old.vote !== '' && vote !== old.vote) {
    throw new TypeError(
      `vote of term ${term} is ${JSON.stringify(old.vote)} and cannot become ${JSON.stringify(vote)}`,
    );
  }
  if (Buffer.byteLength(vote) > MAX_ID_BYTES) throw new TypeError(`vote longer than ${MAX_ID_BYTES} bytes`);
  if (term < lastTerm) throw new TypeError(`term ${term} is below that of the last entry, ${lastTerm}`);
  if (!Number.isSafeInteger(commit) || commit < old.commit || commit > lastIndex) {
    throw new TypeError(`commit ${commit} is out of range; ${old.commit} to ${lastIndex} are allowed`);
  }
}

function checkConf({ voters, learners, votersOutgoing, learnersNext }: ConfState): void {
  for (const ids of [voters, learners, votersOutgoing, learnersNext]) {
    if (ids.length > MAX_MEMBERS) throw new TypeError(`membership of ${ids.length} ids; ${MAX_MEMBERS} are allowed`);
    const long = ids.find((id) => Buffer.byteLength(id) > MAX_ID_BYTES);
    if (long !== undefined) throw new TypeError(`id of ${long.length} characters; ${MAX_ID_BYTES} bytes are allowed`);
  }
}

function recorded(state: LogState, confs: readonly ConfRecord[]): readonly ConfRecord[] {
  let history = state.confHistory;
  for (const conf of confs) {
    const { index } = conf;
    if (!Number.isSafeInteger(index) || index < 0 || index > state.lastIndex) {
      throw new TypeError(`membership at index ${index} is beyond the last index ${state.lastIndex}`);
    }
    checkConf(conf.confState);
    // A server that applies again after a restart records again: the later record replaces the earlier.
    history = [
      ...history.filter((known) => known.index < index),
      conf,
      ...history.filter((known) => known.index > index),
    ];
  }
  return withoutSuperseded(history, state.boundary.index);
}

function withoutSuperseded(history: readonly ConfRecord[], boundaryIndex: number): readonly ConfRecord[] {
  const newest = history.findLastIndex((conf) => conf.index <= boundaryIndex);
  return newest <= 0 ? history : history.slice(newest);
}
