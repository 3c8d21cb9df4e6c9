import { type CompareIds, compareCodeUnits, sortedIds } from '../ids.ts';
import type { NodeId } from '../types.ts';
import { describeAcked } from './describe.ts';
import { type AckedIndex, INFINITE_INDEX, type VoteResult } from './vote-result.ts';

/** A set of voters that decides by majority. Immutable. */
export class MajorityConfig {
  /** Sorted, without repetitions. */
  readonly ids: readonly NodeId[];
  readonly #set: ReadonlySet<NodeId>;
  readonly #scratch: number[] = [];
  readonly #compare: CompareIds;

  constructor(ids: Iterable<NodeId>, compare: CompareIds = compareCodeUnits) {
    this.ids = sortedIds(ids, compare);
    this.#set = new Set(this.ids);
    this.#compare = compare;
  }

  get size(): number {
    return this.ids.length;
  }

  has(id: NodeId): boolean {
    return this.#set.has(id);
  }

  /**
   * The largest index that a majority has acknowledged; a voter not heard of counts as 0. {@link INFINITE_INDEX}
   * without voters, so that the empty half of a joint configuration never binds.
   */
  committedIndex(acked: AckedIndex): number {
    const count = this.ids.length;
    if (count === 0) return INFINITE_INDEX;
    const sorted = this.#scratch;
    // Insertion sort, ascending: voters are few, and nothing is allocated.
    for (let i = 0; i < count; i++) {
      const value = acked(this.ids[i]!) ?? 0;
      let at = i;
      while (at > 0 && sorted[at - 1]! > value) {
        sorted[at] = sorted[at - 1]!;
        at--;
      }
      sorted[at] = value;
    }
    return sorted[count - (Math.floor(count / 2) + 1)]!;
  }

  /** Outcome for the votes cast so far; votes of others do not count. Won without voters. */
  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    const count = this.ids.length;
    if (count === 0) return 'VoteWon';
    let granted = 0;
    let missing = 0;
    for (const id of this.ids) {
      const vote = votes.get(id);
      if (vote === undefined) missing++;
      else if (vote) granted++;
    }
    const needed = Math.floor(count / 2) + 1;
    if (granted >= needed) return 'VoteWon';
    return granted + missing >= needed ? 'VotePending' : 'VoteLost';
  }

  /** A chart of the acknowledged indexes, one line a voter. */
  describe(acked: AckedIndex): string {
    return describeAcked(this.ids, acked, this.#compare);
  }

  /** `(1 2 3)`. */
  toString(): string {
    return `(${this.ids.join(' ')})`;
  }
}
