import { decodeConfChange } from '../core/confchange/codec.ts';
import { EMPTY_CONF_STATE } from '../core/confchange/conf-state.ts';
import { ConfChangeError } from '../core/confchange/errors.ts';
import { LogWindow } from '../core/log/log-window.ts';
import type { Entry, SnapshotMeta } from '../core/types.ts';
import type { LogState, SnapshotReader } from '../storage/ports.ts';
import { changedConf } from './changed-conf.ts';
import { RaftError } from './errors.ts';
import { FOUNDING_INDEX, foundingSteps } from './founding.ts';
import { decodeInfos, MemberTable } from './members.ts';
import type { ResolvedModules } from './modules.ts';
import { readPrelude, type SnapshotPrelude } from './prelude.ts';
import { TransferBuffer, transferStepOf } from './state-transfer.ts';

/** What a node resumes from. */
export interface LoadedState {
  readonly window: LogWindow;
  readonly members: MemberTable;
  /** Last index that the state machine holds. */
  readonly applied: number;
  readonly snapshotIndex: number;
  /** Chunks of a restore that the state machine waits for. */
  readonly transfer: TransferBuffer;
}

/**
 * Reads back what is on disk and brings the state machine to it. A crash between any two steps of an installation is
 * finished here: a durable snapshot that the log does not continue takes the log's place.
 * @throws RaftError `start_failed` when the pieces do not fit; StorageError when they are damaged
 */
export async function loadState(
  state: LogState,
  modules: ResolvedModules,
  options: { readonly entryCacheBytes: number; readonly discarded?: boolean },
): Promise<LoadedState> {
  const { discarded = false } = options;
  const reader = discarded ? undefined : await modules.snapshots.openLatest();
  const meta = reader === undefined ? undefined : metaOf(reader);
  const log = meta === undefined || continues(state, meta) ? state : await replaceLog(modules, state, meta);
  modules.failpoint('midRecovery');
  const durable = discarded ? undefined : await modules.stateMachine.appliedIndex?.();
  const members = await restoreState(modules, reader, durable);
  const applied = Math.max(durable ?? 0, meta?.index ?? 0);
  check(log, applied, durable);
  // A durable state machine may be ahead of the snapshot: so is its membership.
  const transfer = new TransferBuffer();
  const known = knownMembership(log, members, meta?.index ?? 0, applied);
  await replay(modules, { members, transfer }, log, known, applied);
  const { hardState } = log;
  const window = new LogWindow({
    hardState: { ...hardState, commit: Math.max(hardState.commit, applied) },
    confState: members.conf,
    boundary: log.boundary,
    lastIndex: log.lastIndex,
    termRuns: log.termRuns.map(({ index, term }) => ({ first: index, term })),
    confIndexes: log.confIndexes,
    snapshot: meta,
    cacheBytes: options.entryCacheBytes,
  });
  return { window, members, applied, snapshotIndex: meta?.index ?? 0, transfer };
}

function metaOf({ meta: { index, term, confState } }: SnapshotReader): SnapshotMeta {
  return { index, term, confState };
}

/** Whether the log holds the snapshot's last entry, or begins behind it. */
function continues(state: LogState, meta: SnapshotMeta): boolean {
  if (meta.index > state.lastIndex) return false;
  return meta.index < state.boundary.index || termAt(state, meta.index) === meta.term;
}

function termAt(state: LogState, index: number): number {
  return state.termRuns.findLast((run) => run.index <= index)?.term ?? 0;
}

async function replaceLog(modules: ResolvedModules, state: LogState, meta: SnapshotMeta): Promise<LogState> {
  modules.logger.warn('raft log is behind its snapshot: it begins anew there', {
    index: meta.index,
    lastIndex: state.lastIndex,
  });
  const { hardState } = state;
  const vote = hardState.term >= meta.term ? hardState.vote : '';
  const term = Math.max(hardState.term, meta.term);
  const { index } = meta;
  await modules.log.reset(
    { index, term: meta.term },
    { hardState: { term, vote, commit: index }, confState: meta.confState },
  );
  return modules.log.state();
}

async function restoreState(
  modules: ResolvedModules,
  reader: SnapshotReader | undefined,
  durable: number | undefined,
): Promise<MemberTable> {
  if (reader === undefined) return new MemberTable(EMPTY_CONF_STATE, 0, {});
  const { prelude, rest } = await readPrelude(reader.stream);
  const meta = metaOf(reader);
  const held = prelude.machineIndex ?? meta.index;
  if (durable === undefined || durable < held) await restoreFrom(prelude, rest, { modules, meta, durable });
  else await rest[Symbol.asyncIterator]().return?.();
  return new MemberTable(meta.confState, prelude.confIndex, prelude.infos);
}

async function restoreFrom(
  prelude: SnapshotPrelude,
  rest: AsyncIterable<Uint8Array>,
  at: {
    readonly modules: ResolvedModules;
    readonly meta: SnapshotMeta;
    readonly durable: number | undefined;
  },
): Promise<void> {
  const { modules, meta, durable } = at;
  if (prelude.stateless !== true) return await modules.stateMachine.restore(rest, meta, 'snapshot');
  const text = `the state machine holds entry ${durable ?? 0}, but had everything up to ${prelude.machineIndex} durably: its folder was lost or replaced; move the raft folder aside too, remove the server and let it join again`;
  throw new RaftError('start_failed', text, { applied: durable ?? 0, snapshotIndex: meta.index });
}

function check(log: LogState, applied: number, durable: number | undefined): void {
  const details = { applied, firstIndex: log.firstIndex, lastIndex: log.lastIndex };
  if (applied < log.boundary.index) {
    const text = `the log begins at ${log.firstIndex}, but the newest readable snapshot and the state machine end at ${applied}; move the raft folder aside, remove the server and let it join again`;
    throw new RaftError('start_failed', text, details);
  }
  if (applied > log.lastIndex) {
    const text = `the state machine holds entry ${durable ?? applied}, the log ends at ${log.lastIndex}: it lost acknowledged entries; move the raft folder aside, remove the server and let it join again`;
    throw new RaftError('start_failed', text, details);
  }
}

/**
 * Up to which index `members` is right. An older snapshot than the log was compacted for does not know of changes that
 * are gone from the log; what was recorded before each compaction does.
 */
function knownMembership(log: LogState, members: MemberTable, snapshotIndex: number, applied: number): number {
  if (snapshotIndex >= log.boundary.index) return snapshotIndex;
  const record = log.confHistory.findLast(({ index }) => index >= log.boundary.index && index <= applied);
  if (record === undefined) {
    const text = `the newest snapshot that can be read ends at ${snapshotIndex}, the log begins at ${log.firstIndex}, and who the members were in between is not recorded: to go on with the members of the snapshot could make two leaders; move the raft folder and the state aside, remove the server and let it join again, or, if no other server is left, name the members in peers.json`;
    throw new RaftError('start_failed', text, { snapshotIndex, firstIndex: log.firstIndex });
  }
  // Addresses and births of those who came in between are not known here.
  members.apply(record.index, record.confState, members.infos());
  return record.index;
}

async function replay(
  modules: ResolvedModules,
  { members, transfer }: { readonly members: MemberTable; readonly transfer: TransferBuffer },
  log: LogState,
  from: number,
  to: number,
): Promise<void> {
  for (const index of log.confIndexes) {
    if (index <= from || index > to) continue;
    const entries = await modules.log.read(index, index + 1, 1);
    if (entries === 'compacted') continue;
    const step = transferStepOf(decodeConfChange(entries[0]!));
    if (step === undefined) replayChange(members, entries[0]!);
    else transfer.take(entries[0]!, step);
  }
  transfer.observe(termAt(log, to));
}

function replayChange(members: MemberTable, entry: Entry): void {
  try {
    const change = decodeConfChange(entry);
    let conf = members.conf;
    for (const step of entry.index === FOUNDING_INDEX ? foundingSteps(change) : [change])
      conf = changedConf(conf, step);
    members.apply(entry.index, conf, decodeInfos(change.context));
  } catch (error) {
    // Refused when it was applied first, refused now.
    if (!(error instanceof ConfChangeError)) throw error;
  }
}
