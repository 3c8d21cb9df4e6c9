import { assert } from '@dkron/runtime';
import type { TraceSink } from '../events.ts';
import { compareCodeUnits, NONE } from '../ids.ts';
import { type EntryId, RaftLog } from '../log/raft-log.ts';
import type { Message } from '../message.ts';
import { ProgressTracker } from '../tracker/progress-tracker.ts';
import type { Entry, HardState, NodeId } from '../types.ts';
import type { CoreModules, ResolvedOptions } from './options.ts';
import { ReadQueue } from './read-queue.ts';

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** A confirmed read: answer it once the state machine has applied `index`. */
export interface ReadState {
  readonly index: number;
  readonly context: Uint8Array;
}

/** Old entries to be read from the disk: a prefix of `[lo, hi)` of at most `maxBytes`, but one at least. */
export interface ReadRequest {
  readonly id: number;
  /** The peer they are for; `''` if they are to be applied. */
  readonly peer: NodeId;
  readonly lo: number;
  readonly hi: number;
  readonly maxBytes: number;
}

/** The read of committed entries under way, or its answer. */
export interface ApplyRead {
  readonly id: number;
  readonly entries: readonly Entry[] | undefined;
}

/** Everything the algorithm remembers. The files beside this one are the functions that change it. */
export class RaftState {
  readonly options: ResolvedOptions;
  readonly modules: CoreModules;
  readonly id: NodeId;
  readonly log: RaftLog;
  readonly tracker: ProgressTracker;
  readonly readQueue = new ReadQueue();
  readonly trace: TraceSink | undefined;

  term = 0;
  vote: NodeId = NONE;
  lead: NodeId = NONE;
  role: Role = 'follower';
  isLearner = false;
  /** Last entry that counts as committed by force, until a quorum has committed beyond it; then nothing. */
  unconfirmed: EntryId | undefined;
  /** Target of the leadership transfer under way. */
  leadTransferee: NodeId = NONE;
  /** A membership change may be in the log up to here; others are refused until it is applied. */
  pendingConfIndex = 0;
  /** Payload of the leader's entries that are not applied yet. Never negative. */
  uncommittedSize = 0;
  /** Ticks since the last election timeout, or since the leader was heard of. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** In `[electionTick, 2 * electionTick - 1]`. */
  randomizedElectionTimeout = 0;

  /** Messages that may leave at once. */
  messages: Message[] = [];
  /** Messages that must wait until everything handed out for writing is durable, some addressed to this server. */
  messagesAfterAppend: Message[] = [];
  readStates: ReadState[] = [];
  /** Reads asked for before the first commit of the term. */
  deferredReads: Message[] = [];
  /** Reads of old entries not handed out yet. */
  readRequests: ReadRequest[] = [];
  readonly pendingReads = new Map<number, ReadRequest>();
  applyRead: ApplyRead | undefined = undefined;
  /** Whether a peer waits for a snapshot that does not exist yet. */
  snapshotWanted = false;
  nextReadId = 1;

  readonly readAckOf = (id: NodeId): number | undefined =>
    id === this.id ? this.readQueue.lastRound : this.tracker.get(id)?.readAck;

  constructor(options: ResolvedOptions, modules: CoreModules) {
    this.options = options;
    this.modules = modules;
    this.id = options.id;
    this.unconfirmed = options.unconfirmed;
    this.trace = modules.events;
    this.log = new RaftLog(modules.storage, options.maxCommittedSizePerReady, modules.events);
    this.tracker = new ProgressTracker(options, modules.compareIds ?? compareCodeUnits);
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  /** Whether an election timeout may lead to a candidacy: a voter whose log is not about to be replaced. */
  promotable(): boolean {
    const progress = this.tracker.get(this.id);
    return progress !== undefined && !progress.isLearner && this.log.unstable.snapshot === undefined;
  }

  /** Whether an entry of this leader's term is committed. Only then is its commit index known to be up to date. */
  committedInTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  /**
   * Queues a message. Sets sender and, except on requests that are passed on and on votes, the term. Acknowledgements
   * and votes wait for the disk.
   */
  send(message: Message): void {
    message.from = message.from === NONE ? this.id : message.from;
    switch (message.type) {
      case 'Vote':
      case 'PreVote':
      case 'Prop':
      case 'ReadIndex':
        break;
      case 'VoteResp':
      case 'PreVoteResp':
        this.messagesAfterAppend.push(message);
        return;
      case 'AppResp':
        message.term = this.term;
        this.messagesAfterAppend.push(message);
        return;
      default:
        message.term = this.term;
    }
    assert(message.to !== this.id, `${message.type} is addressed to its sender`);
    this.messages.push(message);
  }

  /** A clean slate for a term, which is this one or a later one. */
  reset(term: number): void {
    assert(term >= this.term, `term ${term} after ${this.term}`);
    if (term !== this.term) {
      this.term = term;
      this.vote = NONE;
    }
    this.lead = NONE;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.resetRandomizedElectionTimeout();
    this.leadTransferee = NONE;
    this.tracker.resetVotes();
    const lastIndex = this.log.lastIndex();
    for (const peer of this.tracker.peers) {
      peer.reset(lastIndex + 1);
      if (peer.id === this.id) peer.match = lastIndex;
    }
    this.pendingConfIndex = 0;
    this.uncommittedSize = 0;
    this.readQueue.clear();
    this.snapshotWanted = false;
    this.deferredReads = [];
    this.dropPeerReads();
  }

  resetRandomizedElectionTimeout(): void {
    const { electionTick } = this.options;
    this.randomizedElectionTimeout = electionTick + this.modules.rand(electionTick);
  }

  /** Reads for peers belong to one term of one leader. */
  dropPeerReads(): void {
    this.readRequests = this.readRequests.filter((request) => request.peer === NONE);
    for (const [id, request] of this.pendingReads) if (request.peer !== NONE) this.pendingReads.delete(id);
  }

  /** Asks for old entries; returns the number of the request. */
  requestRead(peer: NodeId, lo: number, hi: number, maxBytes: number): number {
    const id = this.nextReadId++;
    const request: ReadRequest = { id, peer, lo, hi, maxBytes };
    this.pendingReads.set(id, request);
    this.readRequests.push(request);
    this.trace?.({ kind: 'readRequested', peer, lo, hi });
    return id;
  }
}
