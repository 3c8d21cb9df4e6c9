import { type CompareIds, compareCodeUnits } from '../ids.ts';
import type { AckedIndex, VoteResult } from '../quorum/vote-result.ts';
import type { ConfState, NodeId } from '../types.ts';
import { confStateOf, emptyConfig, type TrackerConfig } from './config.ts';
import type { InflightLimits, Progress } from './progress.ts';

/** Progress of every member by id. */
export type ProgressMap = ReadonlyMap<NodeId, Progress>;

/** Votes of an election so far. */
export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/** Membership, the progress of every member, and the votes of the election under way. */
export class ProgressTracker {
  readonly limits: InflightLimits;
  readonly compareIds: CompareIds;
  /** Members in id order: the order of every visit. */
  peers: readonly Progress[] = [];
  config: TrackerConfig;
  #progress: ProgressMap = new Map();
  readonly #votes = new Map<NodeId, boolean>();
  readonly #active = new Map<NodeId, boolean>();
  readonly #matchOf: AckedIndex = (id) => this.#progress.get(id)?.match;

  constructor(limits: InflightLimits, compareIds: CompareIds = compareCodeUnits) {
    this.limits = limits;
    this.compareIds = compareIds;
    this.config = emptyConfig(compareIds);
  }

  get progress(): ProgressMap {
    return this.#progress;
  }

  get(id: NodeId): Progress | undefined {
    return this.#progress.get(id);
  }

  /** Puts a membership and the progress of exactly its members in force. */
  install(config: TrackerConfig, progress: ProgressMap): void {
    this.config = config;
    this.#progress = progress;
    this.peers = [...progress.values()].sort((a, b) => this.compareIds(a.id, b.id));
  }

  confState(): ConfState {
    return confStateOf(this.config);
  }

  /** Whether a single voter decides alone. */
  isSingleton(): boolean {
    return this.config.voters.incoming.size === 1 && !this.config.voters.isJoint;
  }

  /** Highest index that the quorum has made durable. */
  committed(): number {
    return this.config.voters.committedIndex(this.#matchOf);
  }

  /** Whether the quorum was heard of since the last check. */
  quorumActive(): boolean {
    this.#active.clear();
    for (const peer of this.peers) if (!peer.isLearner) this.#active.set(peer.id, peer.recentActive);
    return this.config.voters.voteResult(this.#active) === 'VoteWon';
  }

  resetVotes(): void {
    this.#votes.clear();
  }

  /** The first vote of each voter counts, later ones are ignored. */
  recordVote(id: NodeId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  tallyVotes(): Tally {
    let granted = 0;
    let rejected = 0;
    for (const peer of this.peers) {
      if (peer.isLearner) continue;
      const vote = this.#votes.get(peer.id);
      if (vote === undefined) continue;
      if (vote) granted++;
      else rejected++;
    }
    return { granted, rejected, result: this.config.voters.voteResult(this.#votes) };
  }
}
