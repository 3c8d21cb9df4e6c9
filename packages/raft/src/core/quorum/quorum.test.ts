import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INFINITE_INDEX, JointConfig, MajorityConfig, type VoteResult } from '../index.ts';

const IDS = ['1', '2', '3', '4', '5', '6', '7'];
/** Cheap arbitraries: 50,000 cases have to be quick. Digits of a number decide about each id. */
const ids = fc.nat(2 ** IDS.length - 1).map((mask) => IDS.filter((_, i) => (mask & (1 << i)) !== 0));
const digits = fc.nat(10 ** IDS.length - 1).map((n) => [...String(n).padStart(IDS.length, '0')].map(Number));
/** 0 to 8, or not heard of. */
const acks = digits.map((list) => new Map(IDS.flatMap((id, i) => (list[i] === 9 ? [] : [[id, list[i]!] as const]))));
const votes = digits.map(
  (list) => new Map(IDS.flatMap((id, i) => (list[i]! >= 7 ? [] : [[id, list[i]! % 2 === 0] as const]))),
);

/** Tries every index. */
function naiveCommitted(voters: readonly string[], acked: ReadonlyMap<string, number>): number {
  if (voters.length === 0) return INFINITE_INDEX;
  let best = 0;
  for (let index = 0; index <= 10; index++) {
    const having = voters.filter((id) => (acked.get(id) ?? 0) >= index).length;
    if (having * 2 > voters.length) best = index;
  }
  return best;
}

/** Counts both what is and what could still be. */
function naiveVote(voters: readonly string[], cast: ReadonlyMap<string, boolean>): VoteResult {
  if (voters.length === 0) return 'VoteWon';
  const yes = voters.filter((id) => cast.get(id) === true).length;
  const possible = voters.filter((id) => cast.get(id) !== false).length;
  if (yes * 2 > voters.length) return 'VoteWon';
  return possible * 2 > voters.length ? 'VotePending' : 'VoteLost';
}

describe('quorum quick-check against a naive implementation', () => {
  it('committed index of majority and joint, 50,000 cases', () => {
    const property = fc.property(ids, ids, acks, (one, two, acked) => {
      const of = (id: string): number | undefined => acked.get(id);
      const expected = Math.min(naiveCommitted(one, acked), naiveCommitted(two, acked));
      const alone = naiveCommitted(one, acked);
      return (
        new MajorityConfig(one).committedIndex(of) === alone &&
        new JointConfig(one, two).committedIndex(of) === expected &&
        new JointConfig(two, one).committedIndex(of) === expected &&
        new JointConfig(one, one).committedIndex(of) === alone &&
        new JointConfig(one).committedIndex(of) === alone
      );
    });
    expect(() => fc.assert(property, { numRuns: 50_000 })).not.toThrow();
  }, 60_000);

  it('lowering an acknowledgement that is below the result changes nothing, 5,000 cases', () => {
    const property = fc.property(ids, acks, (voters, acked) => {
      const config = new MajorityConfig(voters);
      const committed = config.committedIndex((id) => acked.get(id));
      const lowered = (id: string): number => ((acked.get(id) ?? 0) < committed ? 0 : (acked.get(id) ?? 0));
      return config.committedIndex(lowered) === committed;
    });
    expect(() => fc.assert(property, { numRuns: 5000 })).not.toThrow();
  });

  it('vote result of majority and joint, 50,000 cases', () => {
    const property = fc.property(ids, ids, votes, (one, two, cast) => {
      const halves = [naiveVote(one, cast), naiveVote(two, cast)];
      const expected = halves.includes('VoteLost')
        ? 'VoteLost'
        : halves.includes('VotePending')
          ? 'VotePending'
          : 'VoteWon';
      return (
        new MajorityConfig(one).voteResult(cast) === halves[0] &&
        new JointConfig(one, two).voteResult(cast) === expected &&
        new JointConfig(two, one).voteResult(cast) === expected
      );
    });
    expect(() => fc.assert(property, { numRuns: 50_000 })).not.toThrow();
  }, 60_000);
});

describe('quorum texts', () => {
  it('describe draws a bar for each voter in id order', () => {
    const acked = new Map([
      ['2', 7],
      ['3', 4],
    ]);
    expect(new MajorityConfig(['3', '1', '2']).describe((id) => acked.get(id))).toBe(
      '       idx\n?        0    (id=1)\nxx>      7    (id=2)\nx>       4    (id=3)\n',
    );
  });

  it('describe of nobody says so', () => {
    expect(new MajorityConfig([]).describe(() => 0)).toBe('<empty majority quorum>');
  });

  it('a joint configuration shows both halves and lists each voter once', () => {
    const joint = new JointConfig(['1', '2'], ['2', '3']);
    expect(joint.toString()).toBe('(1 2)&&(2 3)');
    expect(joint.ids()).toEqual(['1', '2', '3']);
    expect(new JointConfig(['2', '1']).toString()).toBe('(1 2)');
  });
});
