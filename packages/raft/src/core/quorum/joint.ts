import { type CompareIds, compareCodeUnits, sortedIds } from '../ids.ts';
import type { NodeId } from '../types.ts';
import { describeAcked } from './describe.ts';
import { MajorityConfig } from './majority.ts';
import type { AckedIndex, VoteResult } from './vote-result.ts';

/**
 * Two majorities that must agree (raft dissertation 4.3). With an empty outgoing half it is the incoming majority.
 * Immutable.
 */
export class JointConfig {
  readonly incoming: MajorityConfig;
  readonly outgoing: MajorityConfig;
  readonly #compare: CompareIds;

  constructor(incoming: Iterable<NodeId>, outgoing: Iterable<NodeId> = [], compare: CompareIds = compareCodeUnits) {
    this.incoming = new MajorityConfig(incoming, compare);
    this.outgoing = new MajorityConfig(outgoing, compare);
    this.#compare = compare;
  }

  /** Whether two halves decide. */
  get isJoint(): boolean {
    return this.outgoing.size > 0;
  }

  /** Whether `id` is in either half. */
  has(id: NodeId): boolean {
    return this.incoming.has(id) || this.outgoing.has(id);
  }

  /** Voters of both halves, sorted, without repetitions. */
  ids(): NodeId[] {
    return sortedIds([...this.incoming.ids, ...this.outgoing.ids], this.#compare);
  }

  /** The largest index that both majorities have acknowledged. */
  committedIndex(acked: AckedIndex): number {
    return Math.min(this.incoming.committedIndex(acked), this.outgoing.committedIndex(acked));
  }

  /** Won when both halves are won, lost when either is lost. */
  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    const one = this.incoming.voteResult(votes);
    const two = this.outgoing.voteResult(votes);
    if (one === two) return one;
    return one === 'VoteLost' || two === 'VoteLost' ? 'VoteLost' : 'VotePending';
  }

  /** A chart of the acknowledged indexes of all voters. */
  describe(acked: AckedIndex): string {
    return describeAcked(this.ids(), acked, this.#compare);
  }

  /** `(1 2)`, or `(1 2)&&(2 3)` when joint. */
  toString(): string {
    return this.isJoint ? `${this.incoming.toString()}&&${this.outgoing.toString()}` : this.incoming.toString();
  }
}
