import { assert } from '@dkron/runtime';
import { checkData, checkInteger, checkProposed } from '../arguments.ts';
import { encodeConfChange } from '../confchange/codec.ts';
import { type ConfChange, entryTypeOf } from '../confchange/conf-change.ts';
import type { COMPACTED } from '../log/log-view.ts';
import type { EntryId, RaftLog } from '../log/raft-log.ts';
import { createMessage, isFromStorage, isLocalMessage, isResponseMessage, type Message } from '../message.ts';
import type { TrackerConfig } from '../tracker/config.ts';
import { type ProgressView, viewProgress } from '../tracker/view.ts';
import { type ConfState, type Entry, EntryType, type NodeId } from '../types.ts';
import { takeEntriesRead } from './disk-reads.ts';
import { applyConfChange, installConfState } from './membership.ts';
import { type CoreModules, type CoreOptions, resolveOptions } from './options.ts';
import { type Proposed, proposeAsLeader, proposeDataAsLeader } from './proposals.ts';
import { type Ready, ReadyLoop } from './ready.ts';
import { becomeFollower } from './roles.ts';
import { RaftState } from './state.ts';
import { type BasicStatus, basicStatusOf, type Status, statusOf } from './status.ts';
import type { StepResult } from './step-result.ts';
import { step } from './step.ts';
import { tick } from './tick.ts';
import { mostCaughtUpVoter } from './transfer.ts';
import { findMalformation } from './validate.ts';
import { NONE } from '../ids.ts';

/**
 * One server of a raft cluster as a state machine: messages and ticks in, work out. No clock, no I/O, no chance of its
 * own: equal inputs give equal outputs. Not reentrant.
 *
 * Methods throw TypeError for misuse and AssertionError for broken invariants, never for what a peer sends. After an
 * AssertionError, or when a write failed, the core must not be used any more: stop, and recover from disk.
 */
export class RaftCore {
  readonly #r: RaftState;
  readonly #loop: ReadyLoop;

  constructor(options: CoreOptions, modules: CoreModules) {
    const r = new RaftState(resolveOptions(options), modules);
    this.#r = r;
    const { hardState, confState } = modules.storage.initialState();
    installConfState(r, confState, r.log.lastIndex());
    loadHardState(r, hardState);
    loadApplied(r);
    // It moves beyond only with the word of a quorum.
    if (r.unconfirmed !== undefined && r.log.committed > r.unconfirmed.index) r.unconfirmed = undefined;
    becomeFollower(r, r.term, NONE);
    r.trace?.({
      kind: 'newRaft',
      peers: r.tracker.config.voters.ids(),
      term: r.term,
      commit: r.log.committed,
      applied: r.log.applied,
      lastIndex: r.log.lastIndex(),
      lastTerm: r.log.lastTerm(),
    });
    this.#loop = new ReadyLoop(r);
  }

  get id(): NodeId {
    return this.#r.id;
  }

  /** One step of the logical clock. */
  tick(): void {
    tick(this.#r);
  }

  /** Takes a message of a peer, or a response that a storage lane held back. */
  step(message: Message): StepResult {
    const r = this.#r;
    const fromStorage = isFromStorage(message);
    if (isLocalMessage(message.type) && !fromStorage) return 'localMsg';
    if (isResponseMessage(message.type) && !fromStorage && r.tracker.get(message.from) === undefined) {
      return 'peerNotFound';
    }
    if (!fromStorage) {
      const lastIndex = message.term === r.term && r.role === 'leader' ? r.log.lastIndex() : Infinity;
      const detail = findMalformation(message, lastIndex);
      if (detail !== undefined) {
        r.trace?.({ kind: 'malformedMessage', type: message.type, from: message.from, detail });
        return 'malformed';
      }
    }
    return step(r, message);
  }

  /** Starts an election, or first a pre-election. Ignored by leaders and by servers that must not lead. */
  campaign(): void {
    step(this.#r, createMessage({ type: 'Hup', from: this.#r.id }));
  }

  /** Proposes entries, appended together. Empty data are allowed: such an entry does nothing. */
  propose(datas: readonly Uint8Array[]): StepResult {
    if (datas.length > 0 && this.#r.role === 'leader') {
      for (const data of datas) checkData(data);
      return proposeDataAsLeader(this.#r, datas);
    }
    return this.proposeEntries(datas.map((data) => ({ type: EntryType.normal, data })));
  }

  /**
   * Proposes a membership change. `ok` does not mean that it will be made: if another is under way, an empty entry is
   * appended in its place.
   */
  proposeConfChange(change: ConfChange): StepResult {
    return this.proposeEntries([{ type: entryTypeOf(change), data: encodeConfChange(change) }]);
  }

  /** Proposes entries of any types, appended together. */
  proposeEntries(proposed: readonly Proposed[]): StepResult {
    if (proposed.length === 0) throw new TypeError('proposed: at least one entry is needed');
    for (const entry of proposed) checkProposed(entry);
    const r = this.#r;
    if (r.role === 'leader') return proposeAsLeader(r, proposed);
    const entries = proposed.map(({ type, data }): Entry => ({ term: 0, index: 0, type, data }));
    return step(r, createMessage({ type: 'Prop', from: r.id, entries }));
  }

  /**
   * Puts a membership change in force. To be called while its entry is applied, before the batch is acknowledged; not
   * at all to reject it. Throws `ConfChangeError`, and changes nothing, if it cannot be made.
   */
  applyConfChange(change: ConfChange): ConfState {
    return applyConfChange(this.#r, change);
  }

  /** Asks for a linearizable read. `context` comes back in `Ready.readStates`; lost requests must be repeated. */
  readIndex(context: Uint8Array): void {
    checkData(context);
    step(this.#r, createMessage({ type: 'ReadIndex', from: this.#r.id, context }));
  }

  /** Hands leadership to a voter; `''` chooses the one with most of the log. Followers pass the wish to the leader. */
  transferLeader(to: NodeId): void {
    const r = this.#r;
    const target = to === NONE && r.role === 'leader' ? mostCaughtUpVoter(r) : to;
    if (target !== NONE) step(r, createMessage({ type: 'TransferLeader', from: target }));
  }

  /** Makes a follower forget its leader, so that it grants pre-votes. Term and timers stay. */
  forgetLeader(): void {
    step(this.#r, createMessage({ type: 'ForgetLeader', from: this.#r.id }));
  }

  /** The last message to a peer did not get through. */
  reportUnreachable(id: NodeId): void {
    step(this.#r, createMessage({ type: 'Unreachable', from: id }));
  }

  /** The snapshot sent to a peer has arrived, or has not. Must be called for every `Snap`. */
  reportSnapshot(id: NodeId, ok: boolean): void {
    step(this.#r, createMessage({ type: 'SnapStatus', from: id, reject: !ok }));
  }

  /** A peer was heard of in another way, by taking a snapshot for example. Counts for the quorum check. */
  reportActive(id: NodeId): void {
    const peer = this.#r.tracker.get(id);
    if (peer !== undefined && this.#r.role === 'leader') peer.recentActive = true;
  }

  /** Makes a leader a follower of the same term: it cannot do its work any more, because its disk hangs for example. */
  stepDown(): void {
    if (this.#r.role === 'leader') becomeFollower(this.#r, this.#r.term, NONE);
  }

  /** Answers one of `Ready.reads`: entries from `lo` on, at least one, or that they are compacted. */
  entriesRead(id: number, result: readonly Entry[] | typeof COMPACTED): void {
    takeEntriesRead(this.#r, id, result);
  }

  /** Whether `ready()` has anything to say. */
  hasReady(): boolean {
    return this.#loop.hasReady();
  }

  /** Takes what is to be done. */
  ready(): Ready {
    return this.#loop.take();
  }

  /** Everything of the last `ready()` is written and applied. Only without asynchronous storage. */
  advance(): void {
    if (this.#r.options.asyncStorage) throw new TypeError('advance: not used with asyncStorage');
    for (const message of this.#loop.takeOnAdvance()) step(this.#r, message);
  }

  status(): Status {
    return statusOf(this.#r);
  }

  basicStatus(): BasicStatus {
    return basicStatusOf(this.#r);
  }

  /** What the leader knows of a peer; `undefined` for strangers, and meaningless on followers. */
  progress(id: NodeId): ProgressView | undefined {
    const progress = this.#r.tracker.get(id);
    return progress === undefined ? undefined : viewProgress(progress);
  }

  /** Membership in force. */
  get config(): TrackerConfig {
    return this.#r.tracker.config;
  }

  /** Last entry that counts as committed by force, while no quorum has committed beyond it. */
  get unconfirmed(): EntryId | undefined {
    return this.#r.unconfirmed;
  }

  /** The log, for inspection. Not to be altered. */
  get log(): RaftLog {
    return this.#r.log;
  }

  /** Ticks after which this server campaigns unless it hears of a leader. */
  get randomizedElectionTimeout(): number {
    return this.#r.randomizedElectionTimeout;
  }

  /** Overrides the draw until the next one. For tests. */
  setRandomizedElectionTimeout(ticks: number): void {
    checkInteger(ticks, 1, 'ticks');
    this.#r.randomizedElectionTimeout = ticks;
  }

  /** Inner state, for tests of this package. */
  get internals(): RaftState {
    return this.#r;
  }
}

/** What was applied was committed, even if the disk was not told so: the commit index may be written late. */
function loadApplied(r: RaftState): void {
  const { applied } = r.options;
  if (applied === 0) return;
  assert(applied <= r.log.lastIndex(), `applied ${applied} is beyond the last entry ${r.log.lastIndex()}`);
  r.log.commitTo(applied);
  r.log.appliedTo(Math.max(applied, r.log.applied), 0);
}

function loadHardState(r: RaftState, hardState: { term: number; vote: NodeId; commit: number }): void {
  const { term, vote, commit } = hardState;
  if (term === 0 && vote === NONE && commit === 0) return;
  assert(commit <= r.log.lastIndex(), `stored commit ${commit} is beyond the last entry ${r.log.lastIndex()}`);
  // It may lag behind the snapshot: the commit index may be written late.
  r.log.commitTo(commit);
  r.term = term;
  r.vote = vote;
}
