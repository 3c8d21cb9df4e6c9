import { describe, expect, it } from 'vitest';
import { Changer, emptyConfig, parseConfChange, ProgressTracker } from '../index.ts';

/** Voters 1, 2 and 3; 4 is a learner. */
function tracker(): ProgressTracker {
  const limits = { maxInflightMsgs: 10, maxInflightBytes: 0 };
  const one = new ProgressTracker(limits);
  for (const step of parseConfChange('v3 v1 v2 l4')) {
    const options = { config: one.config, progress: one.progress, lastIndex: 5, maxInflight: 10, maxInflightBytes: 0 };
    const { config, progress } = new Changer(options).simple([step]);
    one.install(config, progress);
  }
  return one;
}

describe('progress tracker', () => {
  it('visits in id order, whatever the order of joining', () => {
    expect(tracker().peers.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
  });

  it('the first vote of a voter counts, later ones do not; learners do not count', () => {
    const one = tracker();
    one.recordVote('1', true);
    one.recordVote('2', false);
    one.recordVote('2', true);
    one.recordVote('4', true);
    expect(one.tallyVotes()).toEqual({ granted: 1, rejected: 1, result: 'VotePending' });
    one.recordVote('3', true);
    expect(one.tallyVotes()).toEqual({ granted: 2, rejected: 1, result: 'VoteWon' });
    one.resetVotes();
    expect(one.tallyVotes().granted).toBe(0);
  });

  it('commits what a majority of voters has, learners aside', () => {
    const one = tracker();
    for (const [id, match] of [
      ['1', 7],
      ['2', 5],
      ['3', 2],
      ['4', 9],
    ] as const)
      one.get(id)!.maybeUpdate(match);
    expect([one.committed(), one.isSingleton(), emptyConfig().voters.ids()]).toEqual([5, false, []]);
  });

  it('a quorum is active if a majority of voters is', () => {
    const one = tracker();
    for (const peer of one.peers) peer.recentActive = false;
    one.get('1')!.recentActive = true;
    one.get('4')!.recentActive = true;
    expect(one.quorumActive()).toBe(false);
    one.get('3')!.recentActive = true;
    expect(one.quorumActive()).toBe(true);
  });
});
