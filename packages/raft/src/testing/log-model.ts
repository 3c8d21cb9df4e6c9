import type { Random } from '@dkron/runtime';
import type { ConfState, Entry, EntryType, HardState } from '../core/types.ts';
import type { Boundary, ConfRecord, LogBatch, LogState, LogStorage } from '../storage/ports.ts';

/** A log as plain arrays: what every implementation must be equal to after each operation. Never changed in place. */
export interface LogModel {
  readonly hardState: HardState;
  readonly boundary: Boundary;
  readonly entries: readonly Entry[];
  readonly confs: readonly ConfRecord[];
}

export const EMPTY_MODEL: LogModel = {
  hardState: { term: 0, vote: '', commit: 0 },
  boundary: { index: 0, term: 0 },
  entries: [],
  confs: [],
};

export type LogOperation =
  | { readonly kind: 'append'; readonly batch: LogBatch; readonly sync: boolean }
  | { readonly kind: 'compact'; readonly toIndex: number }
  | {
      readonly kind: 'reset';
      readonly boundary: Boundary;
      readonly hardState: HardState;
      readonly confState: ConfState;
    };

/** Does an operation to an implementation. */
export function operate(log: LogStorage, operation: LogOperation): Promise<void> {
  switch (operation.kind) {
    case 'append':
      return log.append(operation.batch, operation.sync);
    case 'compact':
      return log.compact(operation.toIndex);
    case 'reset':
      return log.reset(operation.boundary, operation);
  }
}

/** Does it to the model. */
export function after(model: LogModel, operation: LogOperation): LogModel {
  switch (operation.kind) {
    case 'append': {
      const { truncateFrom = Infinity, entries = [], hardState, commit, confs = [] } = operation.batch;
      const known = model.confs.filter(
        ({ index }) => index < truncateFrom && !confs.some((conf) => conf.index === index),
      );
      return {
        ...model,
        entries: [...model.entries.filter(({ index }) => index < truncateFrom), ...entries],
        hardState: hardState ?? { ...model.hardState, commit: commit ?? model.hardState.commit },
        confs: current(
          [...known, ...confs].toSorted((a, b) => a.index - b.index),
          model.boundary.index,
        ),
      };
    }
    case 'compact': {
      const { toIndex } = operation;
      const last = model.entries.find(({ index }) => index === toIndex);
      if (last === undefined) return model;
      return {
        ...model,
        boundary: { index: toIndex, term: last.term },
        entries: model.entries.filter(({ index }) => index > toIndex),
        confs: current(model.confs, toIndex),
      };
    }
    case 'reset': {
      const { boundary, hardState, confState } = operation;
      const raised = { ...hardState, commit: Math.max(hardState.commit, boundary.index) };
      return { boundary, hardState: raised, entries: [], confs: [{ index: boundary.index, confState }] };
    }
  }
}

function current(confs: readonly ConfRecord[], boundaryIndex: number): readonly ConfRecord[] {
  const old = confs.filter(({ index }) => index <= boundaryIndex);
  return [...old.slice(-1), ...confs.filter(({ index }) => index > boundaryIndex)];
}

/** Positions that follow from the model, computed the long way. */
export function stateOf(model: LogModel): LogState {
  const all = [model.boundary, ...model.entries];
  return {
    hardState: model.hardState,
    boundary: model.boundary,
    firstIndex: model.boundary.index + 1,
    lastIndex: all.at(-1)!.index,
    termRuns: all.filter((entry, i) => entry.term !== all[i - 1]?.term).map(({ index, term }) => ({ index, term })),
    confIndexes: model.entries.filter(({ type }) => type !== 0).map(({ index }) => index),
    confHistory: model.confs,
  };
}

/** An operation that continues `model`, as a raft server might do it. */
export function randomOperation(model: LogModel, random: Random, maxDataBytes: number): LogOperation {
  const draw = random.nextInt(100);
  if (draw < 60) return randomAppend(model, random, maxDataBytes);
  if (draw < 75) return { kind: 'append', batch: { hardState: nextVote(model, random) }, sync: true };
  if (draw < 82)
    return {
      kind: 'append',
      batch: { commit: commitUpTo(model, random, lastIndex(model)) },
      sync: random.nextInt(2) === 0,
    };
  if (draw < 88) return { kind: 'append', batch: { confs: [randomConf(random, lastIndex(model))] }, sync: true };
  if (draw < 98) return { kind: 'compact', toIndex: random.nextInt(lastIndex(model) + 1) };
  const boundary = { index: lastIndex(model) + random.nextInt(20), term: model.hardState.term + random.nextInt(2) };
  const hardState = { term: model.hardState.term + 1, vote: '', commit: model.hardState.commit };
  const { confState } = randomConf(random, 0);
  // A boundary at index 0 has no term.
  return {
    kind: 'reset',
    boundary: boundary.index === 0 ? { index: 1, term: 1 } : { ...boundary, term: Math.max(1, boundary.term) },
    hardState,
    confState,
  };
}

function randomAppend(model: LogModel, random: Random, maxDataBytes: number): LogOperation {
  const { commit } = model.hardState;
  const first = Math.max(commit, model.boundary.index) + 1;
  const last = lastIndex(model);
  const truncateFrom = random.nextInt(4) === 0 && last >= first ? first + random.nextInt(last - first + 2) : undefined;
  const start = truncateFrom ?? last + 1;
  const term = Math.max(1, model.hardState.term) + random.nextInt(2);
  const entries: Entry[] = [];
  for (let i = random.nextInt(6); i >= (truncateFrom === undefined ? 1 : 0); i--) {
    const type = (random.nextInt(10) === 0 ? 1 + random.nextInt(2) : 0) as EntryType;
    const size = random.nextInt(3) === 0 ? random.nextInt(maxDataBytes + 1) : random.nextInt(64);
    entries.push({ index: start + entries.length, term, type, data: random.bytes(size) });
  }
  const end = start + entries.length - 1;
  const vote = term === model.hardState.term ? model.hardState.vote : '';
  const hardState = { term, vote, commit: commitUpTo(model, random, end) };
  const confs = random.nextInt(8) === 0 && end >= 0 ? [randomConf(random, end)] : undefined;
  const batch = {
    entries,
    hardState,
    ...(truncateFrom === undefined ? {} : { truncateFrom }),
    ...(confs ? { confs } : {}),
  };
  return { kind: 'append', batch, sync: random.nextInt(10) > 0 };
}

function nextVote(model: LogModel, random: Random): HardState {
  const { term, vote, commit } = model.hardState;
  if (vote === '' && term > 0 && random.nextInt(2) === 0) return { term, vote: `n${random.nextInt(3)}`, commit };
  return { term: term + 1, vote: random.nextInt(3) === 0 ? '' : `n${random.nextInt(3)}`, commit };
}

function commitUpTo(model: LogModel, random: Random, end: number): number {
  const { commit } = model.hardState;
  return random.nextInt(2) === 0 ? commit : commit + random.nextInt(Math.max(1, Math.min(4, end - commit + 1)));
}

function randomConf(random: Random, upTo: number): ConfRecord {
  const voters = ['a', 'b', 'c', 'ü-4'].slice(0, 1 + random.nextInt(4));
  const joint = random.nextInt(4) === 0;
  const confState = {
    voters,
    learners: joint ? ['l'] : [],
    votersOutgoing: joint ? ['a'] : [],
    learnersNext: [],
    autoLeave: joint,
  };
  return { index: random.nextInt(upTo + 1), confState };
}

function lastIndex(model: LogModel): number {
  return model.entries.at(-1)?.index ?? model.boundary.index;
}
