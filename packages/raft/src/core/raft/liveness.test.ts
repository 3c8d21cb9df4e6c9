/** Pre-vote, check-quorum and the sticky leader. */
import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { TestServer } from '../../testing/server.ts';
import { createMessage } from '../index.ts';
import { becomeFollower } from './roles.ts';

const IDS = serverIds(3);

/** Lets a follower's lease run out without letting it campaign. */
function outlive(net: Network, id: string): void {
  net.core(id).setRandomizedElectionTimeout(100);
  for (let i = 0; i < 10; i++) net.core(id).tick();
}

describe('check-quorum', () => {
  it('LeaderStepdownWhenQuorumActive: a leader that hears of a quorum stays', () => {
    const one = new TestServer({ id: 'a', voters: IDS, checkQuorum: true });
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    for (let i = 0; i < 21; i++) {
      one.core.step(createMessage({ type: 'HeartbeatResp', from: 'b', to: 'a', term: 1 }));
      one.core.tick();
    }
    expect(one.core.basicStatus().role).toBe('leader');
  });

  it('LeaderStepdownWhenQuorumLost: a leader that hears of nobody steps down within two timeouts', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    net.isolate('a');
    net.tick('a', 20);
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', term: 1, lead: '' });
  });

  it('LeaderSupersedingWithCheckQuorum, PreVote_ShouldRejectNonLeader: followers ignore candidates while they hear of a leader', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    net.campaign('c');
    expect(net.core('c').basicStatus().role).toBe('candidate');
    expect(net.core('b').basicStatus()).toMatchObject({ term: 1, lead: 'a' });
    outlive(net, 'b');
    net.campaign('c');
    expect(net.core('c').basicStatus().role).toBe('leader');
  });

  it('LeaderElectionWithCheckQuorum: after its lease a follower votes again', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    expect(net.core('a').basicStatus().role).toBe('leader');
    // a is alive, but nobody hears of it.
    net.ignore('Heartbeat');
    outlive(net, 'a');
    outlive(net, 'b');
    net.campaign('c');
    expect(net.core('a').basicStatus().role).toBe('follower');
    expect(net.core('c').basicStatus().role).toBe('leader');
  });

  it('FreeStuckCandidateWithCheckQuorum: a lone server of a later term is taken back in', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    net.isolate('a');
    net.campaign('c');
    net.campaign('c');
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'candidate', term: 3 });
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'follower', term: 1, lead: 'a' });
    net.heal();
    // The answer to the leader's heartbeat shows it the later term.
    net.beat('a');
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', term: 3 });
    net.campaign('c');
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'leader', term: 4 });
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'follower', lead: 'c' });
  });

  it('reportActive: a peer heard of in another way counts; strangers do not matter', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    net.isolate('a');
    for (let i = 0; i < 40; i++) {
      net.core('a').reportActive('b');
      net.core('a').reportActive('x');
      net.tick('a');
    }
    expect(net.core('a').basicStatus().role).toBe('leader');
  });

  it('stepDown: the leader follows nobody, in the same term; others are left alone', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    net.core('b').stepDown();
    net.core('a').stepDown();
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', term: 1, lead: '' });
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'follower', term: 1, lead: 'a' });
  });

  it('NonPromotableVoterWithCheckQuorum: a server outside its own membership follows and never campaigns', () => {
    const net = new Network({ ids: ['a', 'b'], server: { checkQuorum: true } });
    const outside = new TestServer({ id: 'b', voters: ['a'], checkQuorum: true });
    net.servers.set('b', outside);
    for (let i = 0; i < 30; i++) outside.core.tick();
    expect(outside.core.basicStatus().role).toBe('follower');
    net.campaign('a');
    expect(net.core('a').basicStatus().role).toBe('leader');
    expect(outside.core.basicStatus()).toMatchObject({ role: 'follower', lead: 'a' });
  });

  it('DisruptiveFollower: without pre-vote a follower that heard nothing deposes the leader', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true } });
    net.campaign('a');
    net.drop('a', 'c');
    net.tick('c', 10);
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'candidate', term: 2 });
    net.heal();
    net.beat('a');
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', term: 2 });
  });

  it('DisruptiveFollowerPreVote: with pre-vote it does not', () => {
    const net = new Network({ ids: IDS, server: { checkQuorum: true, preVote: true } });
    net.campaign('a');
    net.isolate('c');
    net.propose('a', 'x', 'y', 'z');
    net.tick('c', 10);
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'preCandidate', term: 1 });
    net.heal();
    net.beat('a');
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'leader', term: 1 });
    expect(net.get('c').texts).toEqual(['x', 'y', 'z']);
  });
});

describe('pre-vote', () => {
  it('NodeWithSmallerTermCanCompleteElection: it learns the later term from a rejection', () => {
    const net = new Network({ ids: IDS, server: { preVote: true } });
    net.isolate('c');
    net.campaign('a');
    net.campaign('b');
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'leader', term: 2 });
    net.campaign('c');
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'preCandidate', term: 0 });
    net.heal();
    net.isolate('b');
    net.campaign('c');
    net.campaign('a');
    const leaders = ['a', 'c'].filter((id) => net.core(id).basicStatus().role === 'leader');
    expect(leaders).toHaveLength(1);
  });

  it('PreVoteWithSplitVote: after a split vote the next election has a winner', () => {
    const net = new Network({ ids: IDS, server: { preVote: true } });
    net.campaign('a');
    net.isolate('a');
    // Both become candidates at once and vote for themselves.
    net.core('b').campaign();
    net.core('c').campaign();
    net.settle();
    net.core('b').campaign();
    net.core('c').campaign();
    net.settle();
    net.campaign('b');
    expect(['b', 'c'].some((id) => net.core(id).basicStatus().role === 'leader')).toBe(true);
  });

  it('PreVoteWithCheckQuorum: a pre-candidate knows no leader, so it can grant', () => {
    const net = new Network({ ids: IDS, server: { preVote: true, checkQuorum: true } });
    net.campaign('a');
    net.isolate('a');
    outlive(net, 'c');
    net.core('b').campaign();
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'preCandidate', lead: '' });
    net.settle();
    expect(net.core('b').basicStatus().role).toBe('leader');
  });

  it('PreVoteMigrationCanCompleteElection: servers with and without pre-vote elect together', () => {
    const net = new Network({ ids: IDS, server: { preVote: true }, servers: { c: { preVote: false } } });
    net.campaign('a');
    net.isolate('c');
    net.propose('a', 'x');
    net.campaign('c');
    net.campaign('c');
    net.heal();
    net.isolate('a');
    net.campaign('c');
    net.campaign('b');
    net.campaign('b');
    expect(net.core('b').basicStatus().role).toBe('leader');
    expect(net.get('c').texts).toEqual(['x']);
  });

  it('PreVoteMigrationWithFreeStuckPreCandidate: one of a later term is freed by the leader of an earlier', () => {
    const net = new Network({ ids: IDS, server: { preVote: true } });
    net.campaign('a');
    becomeFollower(net.core('c').internals, 5, '');
    net.core('c').campaign();
    net.settle();
    net.beat('a');
    expect(net.core('a').basicStatus().term).toBeGreaterThanOrEqual(5);
    net.campaign('a');
    net.beat('a');
    expect(IDS.map((id) => net.core(id).basicStatus().lead)).toEqual(['a', 'a', 'a']);
  });

  it('a granted pre-vote records nothing and resets no timer', () => {
    const one = new TestServer({ id: 'a', voters: IDS, preVote: true });
    for (let i = 0; i < 9; i++) one.core.tick();
    for (let i = 0; i < 5; i++) one.core.step(createMessage({ type: 'PreVote', from: 'b', to: 'a', term: 1 }));
    expect(one.core.basicStatus()).toMatchObject({ term: 0, vote: '' });
    one.core.tick();
    expect(one.core.basicStatus().role).toBe('preCandidate');
  });

  it('PreVote_ShouldNotRejectLeader: a follower grants the pre-vote of the server that it believes leads', () => {
    const one = new TestServer({ id: 'a', voters: IDS, preVote: true, checkQuorum: true });
    one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1 }));
    one.settle();
    one.core.step(createMessage({ type: 'PreVote', from: 'b', to: 'a', term: 2 }));
    one.core.step(createMessage({ type: 'PreVote', from: 'c', to: 'a', term: 2 }));
    expect(one.settle().map(({ to, type, reject, term }) => [to, type, reject, term])).toEqual([
      ['b', 'PreVoteResp', false, 2],
    ]);
  });

  it('a pre-candidate of an earlier term is told of ours, or it would try for ever', () => {
    const one = new TestServer({ id: 'a', voters: IDS, preVote: true });
    one.core.step(createMessage({ type: 'Heartbeat', from: 'c', to: 'a', term: 7 }));
    one.settle();
    one.core.step(createMessage({ type: 'PreVote', from: 'b', to: 'a', term: 5 }));
    const answers = one.settle();
    expect(answers.map(({ to, type, reject, term }) => [to, type, reject, term])).toEqual([
      ['b', 'PreVoteResp', true, 7],
    ]);

    const other = new TestServer({ id: 'b', voters: IDS, preVote: true });
    other.core.campaign();
    other.settle();
    other.core.step(answers[0]!);
    expect(other.core.basicStatus()).toMatchObject({ role: 'follower', term: 7 });
  });

  it('a rejected pre-vote of a later term moves the pre-candidate there', () => {
    const one = new TestServer({ id: 'a', voters: IDS, preVote: true });
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'PreVoteResp', from: 'b', to: 'a', term: 7, reject: true }));
    expect(one.core.basicStatus()).toMatchObject({ role: 'follower', term: 7 });
  });

  it('forgetLeader: refused with lease reads, keeps term and timer otherwise', () => {
    for (const readOnly of ['safe', 'lease'] as const) {
      const one = new TestServer({ id: 'a', voters: IDS, checkQuorum: true, readOnly });
      one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1 }));
      one.core.tick();
      one.core.forgetLeader();
      expect(one.core.basicStatus()).toMatchObject({ lead: readOnly === 'lease' ? 'b' : '', term: 1 });
      expect(one.core.internals.electionElapsed).toBe(1);
    }
  });
});
