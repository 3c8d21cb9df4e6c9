import { assert } from '@dkron/runtime';
import { APPEND_THREAD, APPLY_THREAD, NONE } from '../ids.ts';
import { entriesSize } from '../log/entries.ts';
import { PENDING, COMPACTED } from '../log/log-view.ts';
import { Message } from '../message.ts';
import type { Entry, HardState, NodeId, SnapshotMeta } from '../types.ts';
import { type RaftState, type ReadRequest, type ReadState, type Role } from './state.ts';

/** What need not survive a crash. */
export interface SoftState {
  readonly lead: NodeId;
  readonly role: Role;
}

/**
 * What the caller has to do next, in this order where one thing depends on another: persist `snapshot`, then `entries` and
 * `hardState`; send `messages`; apply `committed`.
 *
 * With asynchronous storage, persist what `storageAppend` says and apply what `storageApply` says, each lane strictly in
 * order, and deliver their `responses` when done; `messages` leave at once. The lanes do not wait for each other: when a
 * snapshot is installed, entries that it covers may still wait in the apply lane. They must be skipped, their batch
 * acknowledged.
 *
 * Without, send `messages` only after persisting, and call `advance()` after applying.
 */
export interface Ready {
  /** Only when changed. */
  readonly softState: SoftState | undefined;
  /** Only when changed. */
  readonly hardState: HardState | undefined;
  /** Whether the write must be synced: entries, or term or vote changed. The commit index alone need not be durable. */
  readonly mustSync: boolean;
  /** To be written; they replace what the log holds from the first of them on. */
  readonly entries: readonly Entry[];
  /** To be installed before anything that comes later. */
  readonly snapshot: SnapshotMeta | undefined;
  /** To be applied. */
  readonly committed: readonly Entry[];
  /** To other servers. */
  readonly messages: readonly Message[];
  /** `StorageAppend`: all of the above that is to be written. Only with asynchronous storage. */
  readonly storageAppend: Message | undefined;
  /** `StorageApply`: all of the above that is to be applied. Only with asynchronous storage. */
  readonly storageApply: Message | undefined;
  /** Reads that may be answered once their index is applied. */
  readonly readStates: readonly ReadState[];
  /**
   * A peer needs a snapshot, and the newest one, if any, is older than its membership: make one now. Said again on
   * every attempt to send until there is one.
   */
  readonly snapshotWanted: boolean;
  /** Old entries to be read; answer with `entriesRead`. */
  readonly reads: readonly ReadRequest[];
}

const NO_ENTRIES: readonly Entry[] = [];
const NO_READS: readonly ReadRequest[] = [];
const NO_READ_STATES: readonly ReadState[] = [];

/** Hands out what there is to do and remembers what was handed out. */
export class ReadyLoop {
  readonly #r: RaftState;
  #soft: SoftState;
  #hard: HardState;
  /** Messages of this server to itself that take effect on `advance()`. */
  #onAdvance: Message[] = [];

  constructor(r: RaftState) {
    this.#r = r;
    this.#soft = { lead: r.lead, role: r.role };
    this.#hard = r.hardState();
  }

  hasReady(): boolean {
    const r = this.#r;
    return (
      r.messages.length > 0 ||
      r.messagesAfterAppend.length > 0 ||
      r.log.unstable.hasNextEntries ||
      r.log.unstable.nextSnapshot() !== undefined ||
      this.#softChanged() ||
      this.#hardChanged() ||
      r.readStates.length > 0 ||
      r.readRequests.length > 0 ||
      r.snapshotWanted ||
      (r.log.hasNextCommitted(this.#allowUnstable) && !this.#awaitsApplyRead())
    );
  }

  /** Takes everything: what it returns is in progress from now on. */
  take(): Ready {
    const r = this.#r;
    assert(this.#onAdvance.length === 0, 'ready() again before advance()');
    assert(
      r.log.applied <= r.log.applying && r.log.applying <= r.log.committed && r.log.committed <= r.log.lastIndex(),
      `applied ${r.log.applied}, applying ${r.log.applying}, commit ${r.log.committed}, last ${r.log.lastIndex()}`,
    );
    assert(
      this.#allowUnstable || r.log.applying < r.log.unstable.offset,
      `applying ${r.log.applying}, durable up to ${r.log.unstable.offset - 1} only`,
    );
    const softState = this.#softChanged() ? { lead: r.lead, role: r.role } : undefined;
    const hardState = this.#hardChanged() ? r.hardState() : undefined;
    const entries = r.log.unstable.hasNextEntries ? r.log.unstable.nextEntries() : NO_ENTRIES;
    const snapshot = r.log.unstable.nextSnapshot();
    const committed = this.#takeCommitted();
    const mustSync = entries.length > 0 || r.term !== this.#hard.term || r.vote !== this.#hard.vote;
    const { asyncStorage } = r.options;
    const { messagesAfterAppend } = r;
    // Asked before the completion is added: that alone is no work for the disk.
    const writes =
      entries.length > 0 || hardState !== undefined || snapshot !== undefined || messagesAfterAppend.length > 0;
    const responses = this.#responses(snapshot, committed);
    const ready: Ready = {
      softState,
      hardState,
      mustSync,
      entries,
      snapshot,
      committed,
      messages: asyncStorage ? r.messages : this.#withOthers(),
      storageAppend: asyncStorage && writes ? storageAppend(r, hardState, entries, snapshot, responses) : undefined,
      storageApply: asyncStorage && committed.length > 0 ? storageApply(r, committed) : undefined,
      readStates: r.readStates.length > 0 ? r.readStates : NO_READ_STATES,
      snapshotWanted: r.snapshotWanted,
      reads: r.readRequests.length > 0 ? r.readRequests : NO_READS,
    };
    if (!asyncStorage) this.#onAdvance = responses.filter((message) => message.to === r.id);
    this.#accept(ready);
    return ready;
  }

  /** What this server has to tell itself once everything of the last `take()` is done. */
  takeOnAdvance(): Message[] {
    const messages = this.#onAdvance;
    this.#onAdvance = [];
    return messages;
  }

  get #allowUnstable(): boolean {
    return !this.#r.options.asyncStorage;
  }

  #accept(ready: Ready): void {
    const r = this.#r;
    if (ready.softState !== undefined) this.#soft = ready.softState;
    if (ready.hardState !== undefined) this.#hard = ready.hardState;
    r.messages = [];
    r.messagesAfterAppend = [];
    r.snapshotWanted = false;
    if (r.readStates.length > 0) r.readStates = [];
    if (r.readRequests.length > 0) r.readRequests = [];
    r.log.unstable.acceptInProgress();
    const last = ready.committed.at(-1);
    if (last !== undefined) r.log.acceptApplying(last.index, entriesSize(ready.committed), this.#allowUnstable);
  }

  /**
   * Messages that wait for the disk, then the completion of the write itself. In this order, so that acknowledgements
   * still find the entries in memory.
   */
  #responses(snapshot: SnapshotMeta | undefined, committed: readonly Entry[]): Message[] {
    const r = this.#r;
    const { unstable } = r.log;
    const responses = r.messagesAfterAppend;
    if (unstable.entries.length > 0 || snapshot !== undefined) {
      const done = new Message('StorageAppendResp', APPEND_THREAD, r.id, r.term);
      // Also without new entries: with another term the last completion is void, and this one confirms them.
      if (unstable.entries.length > 0) {
        const last = unstable.entries.at(-1)!;
        done.index = last.index;
        done.logTerm = last.term;
      }
      done.snapshot = snapshot;
      responses.push(done);
    }
    if (!r.options.asyncStorage && committed.length > 0) responses.push(applyResponse(r, committed));
    return responses;
  }

  /** Without asynchronous storage nothing leaves before everything is written, so all may go together. */
  #withOthers(): Message[] {
    const r = this.#r;
    const { messages } = r;
    for (const message of r.messagesAfterAppend) if (message.to !== r.id) messages.push(message);
    return messages;
  }

  #takeCommitted(): readonly Entry[] {
    const r = this.#r;
    if (!r.log.hasNextCommitted(this.#allowUnstable) || this.#awaitsApplyRead()) return NO_ENTRIES;
    const answer = r.applyRead?.entries;
    r.applyRead = undefined;
    if (answer !== undefined && answer[0]!.index === r.log.applying + 1) return answer;
    const found = r.log.nextCommitted(this.#allowUnstable);
    assert(found !== COMPACTED, `entries behind ${r.log.applying} were compacted before they were applied`);
    if (found !== PENDING) return found;
    const lo = r.log.applying + 1;
    const hi = Math.min(r.log.maxAppliable(this.#allowUnstable) + 1, r.log.unstable.offset);
    r.applyRead = { id: r.requestRead(NONE, lo, hi, r.log.applyingQuota), entries: undefined };
    return NO_ENTRIES;
  }

  #awaitsApplyRead(): boolean {
    const { applyRead } = this.#r;
    return applyRead !== undefined && applyRead.entries === undefined;
  }

  #softChanged(): boolean {
    return this.#soft.lead !== this.#r.lead || this.#soft.role !== this.#r.role;
  }

  #hardChanged(): boolean {
    const { term, vote, log } = this.#r;
    return this.#hard.commit !== log.committed || this.#hard.term !== term || this.#hard.vote !== vote;
  }
}

function storageAppend(
  r: RaftState,
  hardState: HardState | undefined,
  entries: readonly Entry[],
  snapshot: SnapshotMeta | undefined,
  responses: readonly Message[],
): Message {
  const message = new Message('StorageAppend', r.id, APPEND_THREAD);
  message.entries = entries;
  if (hardState !== undefined) {
    message.term = hardState.term;
    message.vote = hardState.vote;
    message.commit = hardState.commit;
  }
  message.snapshot = snapshot;
  message.responses = responses;
  return message;
}

function storageApply(r: RaftState, committed: readonly Entry[]): Message {
  const message = new Message('StorageApply', r.id, APPLY_THREAD);
  message.entries = committed;
  message.responses = [applyResponse(r, committed)];
  return message;
}

function applyResponse(r: RaftState, committed: readonly Entry[]): Message {
  const done = new Message('StorageApplyResp', APPLY_THREAD, r.id);
  done.entries = committed;
  return done;
}
