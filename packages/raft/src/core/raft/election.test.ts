import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer } from '../../testing/server.ts';
import { confStateWith, createMessage, type MemoryStorage } from '../index.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.ts';

const modes = [{ preVote: false }, { preVote: true }];

describe('leader election', () => {
  const cases = [
    { size: 3, dead: [], role: 'leader' },
    { size: 3, dead: ['c'], role: 'leader' },
    { size: 3, dead: ['b', 'c'], role: 'candidate' },
    { size: 4, dead: ['b', 'c'], role: 'candidate' },
    { size: 4, dead: ['d'], role: 'leader' },
    { size: 5, dead: ['b', 'c'], role: 'leader' },
    { size: 5, dead: ['b', 'c', 'd'], role: 'candidate' },
  ];
  for (const { preVote } of modes) {
    it.each(cases)(`LeaderElection, pre-vote ${preVote}: $size servers without $dead`, ({ size, dead, role }) => {
      const net = new Network({ ids: serverIds(size), dead, server: { preVote } });
      net.campaign('a');
      const { role: got, term } = net.core('a').basicStatus();
      if (role === 'leader' || !preVote) {
        expect([got, term]).toEqual([role, 1]);
      } else {
        // A pre-candidate that is not answered leaves the term alone.
        expect([got, term]).toEqual(['preCandidate', 0]);
      }
    });

    it(`LeaderElection, pre-vote ${preVote}: a longer log in the majority refuses`, () => {
      const confState = confStateWith(serverIds(5));
      const servers = Object.fromEntries(
        ['b', 'c', 'd'].map((id) => [id, { storage: storageWithTerms([1, 1], confState) }]),
      );
      const net = new Network({ ids: serverIds(5), server: { preVote }, servers });
      net.campaign('a');
      expect(net.core('a').basicStatus().role).toBe('follower');
      expect(net.core('b').basicStatus().lead).toBe('');
    });

    it(`LeaderCycle, pre-vote ${preVote}: each server in turn wins, terms ascend`, () => {
      const net = new Network({ ids: serverIds(3), server: { preVote } });
      let term = 0;
      for (const id of [...serverIds(3), ...serverIds(3)]) {
        net.campaign(id);
        for (const [other, server] of net.servers) {
          expect(server.core.basicStatus().role).toBe(other === id ? 'leader' : 'follower');
        }
        expect(net.core(id).basicStatus().term).toBeGreaterThan(term);
        term = net.core(id).basicStatus().term;
      }
    });

    it(`LeaderElectionOverwriteNewerLogs, pre-vote ${preVote}: uncommitted entries of a later term give way`, () => {
      // a won term 1; c won term 2 and told nobody; d and e only voted for c in term 2.
      const ids = serverIds(5);
      const of = (terms: number[]): MemoryStorage => storageWithTerms(terms, confStateWith(ids));
      const voted = (): MemoryStorage => {
        const storage = of([]);
        storage.setHardState({ term: 2, vote: 'c', commit: 0 });
        return storage;
      };
      const net = new Network({
        ids,
        server: { preVote },
        servers: {
          a: { storage: of([1]) },
          b: { storage: of([1]) },
          c: { storage: of([2]) },
          d: { storage: voted() },
          e: { storage: voted() },
        },
      });
      net.campaign('a');
      if (net.core('a').basicStatus().role !== 'leader') net.campaign('a');
      expect(net.core('a').basicStatus().role).toBe('leader');
      const { term } = net.core('a').basicStatus();
      expect(term).toBe(3);
      for (const server of net.servers.values()) expect(server.logText).toBe('1:1 2:3');
    });
  }

  it('SingleNodeCandidate, SingleNodePreCandidate: alone one wins at once', () => {
    for (const { preVote } of modes) {
      const net = new Network({ ids: ['a'], server: { preVote } });
      net.campaign('a');
      expect(net.core('a').basicStatus()).toMatchObject({ role: 'leader', term: 1, commit: 1 });
    }
  });

  it('Campaign- and PreCampaignWhileLeader: ignored', () => {
    for (const { preVote } of modes) {
      const net = new Network({ ids: ['a'], server: { preVote } });
      net.campaign('a');
      net.campaign('a');
      expect(net.core('a').basicStatus()).toMatchObject({ role: 'leader', term: 1 });
    }
  });

  it('DuelingCandidates: the shorter log never wins, and a healed loser only raises the term', () => {
    const net = new Network({ ids: serverIds(3) });
    net.cut('a', 'c');
    net.campaign('a');
    net.campaign('c');
    expect(net.core('a').basicStatus().role).toBe('leader');
    expect(net.core('c').basicStatus().role).toBe('candidate');
    net.heal();
    // c is in a later term; its log is shorter, so it is refused, but a steps down.
    net.campaign('c');
    expect(net.get('a').logText).toBe('1:1');
    expect(net.get('c').logText).toBe('');
    for (const id of serverIds(3)) expect(net.core(id).basicStatus()).toMatchObject({ role: 'follower', term: 2 });
  });

  it('DuelingPreCandidates: with pre-vote the loser does not raise the term', () => {
    const net = new Network({ ids: serverIds(3), server: { preVote: true } });
    net.cut('a', 'c');
    net.campaign('a');
    net.campaign('c');
    expect(net.core('c').basicStatus().role).toBe('follower');
    net.heal();
    net.campaign('c');
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'leader', term: 1 });
    expect(net.core('c').basicStatus()).toMatchObject({ role: 'follower', term: 1 });
  });

  it('CandidateConcede: a candidate that hears of a leader follows it and adopts its log', () => {
    const net = new Network({ ids: serverIds(3) });
    net.isolate('a');
    net.campaign('a');
    net.campaign('c');
    net.heal();
    net.beat('c');
    net.propose('c', 'x');
    net.beat('c');
    expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', term: 1, lead: 'c' });
    expect(net.get('a').texts).toEqual(['x']);
  });

  it('PastElectionTimeout: the chance grows from 0 at electionTick - 1 to 1 at 2 × electionTick - 1', () => {
    const chance = (elapsed: number): number => {
      let past = 0;
      for (let draw = 0; draw < 10; draw++) {
        const { core } = new TestServer({ id: 'a', voters: ['a', 'b'], modules: { rand: () => draw } });
        for (let i = 0; i < elapsed; i++) core.tick();
        if (core.basicStatus().role === 'candidate') past++;
      }
      return past / 10;
    };
    expect([9, 10, 13, 15, 18, 19].map(chance)).toEqual([0, 0.1, 0.4, 0.6, 0.9, 1]);
  });
});

describe('votes', () => {
  const starts = {
    follower: (server: TestServer) => becomeFollower(server.core.internals, 1, 'c'),
    preCandidate: (server: TestServer) => becomePreCandidate(server.core.internals),
    candidate: (server: TestServer) => becomeCandidate(server.core.internals),
    leader: (server: TestServer) => {
      becomeCandidate(server.core.internals);
      becomeLeader(server.core.internals);
    },
  };
  for (const [role, start] of Object.entries(starts)) {
    it.each(['Vote', 'PreVote'] as const)(`VoteFromAnyState, PreVoteFromAnyState: ${role} asked for a %s`, (type) => {
      const server = new TestServer({ id: 'a', voters: serverIds(3) });
      becomeFollower(server.core.internals, 1, '');
      start(server);
      const before = server.core.basicStatus();
      const term = before.term + 1;
      server.settle();
      server.core.step(createMessage({ type, from: 'b', to: 'a', term, logTerm: term, index: 42 }));
      const answers = server.settle();
      expect(answers).toHaveLength(1);
      expect(answers[0]).toMatchObject({ type: type === 'Vote' ? 'VoteResp' : 'PreVoteResp', to: 'b', reject: false });
      expect(answers[0]!.term).toBe(term);
      const after = server.core.basicStatus();
      if (type === 'Vote') expect(after).toMatchObject({ role: 'follower', term, vote: 'b' });
      else expect(after).toMatchObject({ role: before.role, term: before.term, vote: before.vote });
    });
  }

  // A log of terms 2, 2: up to date is (2, 2) and better (raft 5.4.1).
  const table: [index: number, logTerm: number, vote: string, reject: boolean][] = [
    [0, 0, '', true],
    [0, 1, '', true],
    [0, 2, '', true],
    [0, 3, '', false],
    [1, 0, '', true],
    [1, 1, '', true],
    [1, 2, '', true],
    [1, 3, '', false],
    [2, 0, '', true],
    [2, 1, '', true],
    [2, 2, '', false],
    [2, 3, '', false],
    [3, 2, '', false],
    [3, 2, 'b', false],
    [3, 2, 'c', true],
    [3, 3, 'c', true],
  ];
  it.each(table)('RecvMsgVote, RecvMsgPreVote: last entry %d:%d, voted for "%s"', (index, logTerm, vote, reject) => {
    for (const type of ['Vote', 'PreVote'] as const) {
      const storage = storageWithTerms([2, 2], confStateWith(serverIds(3)));
      storage.setHardState({ term: 3, vote, commit: 0 });
      const server = new TestServer({ id: 'a', storage });
      server.settle();
      server.core.step(createMessage({ type, from: 'b', to: 'a', term: 3, index, logTerm }));
      expect(server.settle()[0]).toMatchObject({ reject, term: 3, to: 'b' });
    }
  });

  it('CandidateSelfVoteAfterLostElection: a vote for oneself that comes late is ignored', () => {
    for (const { preVote } of modes) {
      const server = new TestServer({ id: 'a', voters: serverIds(3), preVote, asyncStorage: true });
      server.core.campaign();
      const ready = server.core.ready();
      server.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1 }));
      for (const response of ready.storageAppend!.responses) server.core.step(response);
      expect(server.core.basicStatus()).toMatchObject({ role: 'follower', lead: 'b', term: 1 });
      expect(server.core.internals.tracker.tallyVotes().granted).toBe(0);
    }
  });

  it('CandidateDeliversPreCandidateSelfVoteAfterBecomingCandidate: it does not count as a vote', () => {
    const server = new TestServer({ id: 'a', voters: serverIds(5), preVote: true, asyncStorage: true });
    server.core.campaign();
    const preVote = server.core.ready().storageAppend!.responses;
    for (const from of ['b', 'c', 'd'])
      server.core.step(createMessage({ type: 'PreVoteResp', from, to: 'a', term: 1 }));
    expect(server.core.basicStatus().role).toBe('candidate');
    for (const response of preVote) server.core.step(response);
    expect(server.core.internals.tracker.tallyVotes().granted).toBe(0);
    server.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    server.core.step(createMessage({ type: 'VoteResp', from: 'c', to: 'a', term: 1 }));
    expect(server.core.basicStatus().role).toBe('candidate');
    for (const response of server.core.ready().storageAppend!.responses) server.core.step(response);
    expect(server.core.basicStatus().role).toBe('leader');
  });

  it('rejectVotesFromStrangers: a candidate outside the membership raises the term but gets no vote', () => {
    const server = new TestServer({ id: 'a', voters: serverIds(3), rejectVotesFromStrangers: true });
    server.core.step(createMessage({ type: 'Vote', from: 'x', to: 'a', term: 5, index: 9, logTerm: 4 }));
    expect(server.settle()[0]).toMatchObject({ type: 'VoteResp', reject: true, term: 5 });
    expect(server.core.basicStatus()).toMatchObject({ term: 5, vote: '' });
  });
});

describe('roles', () => {
  it('StateTransition: what raft does not know is refused', () => {
    const fresh = (): TestServer['core']['internals'] => new TestServer({ id: 'a' }).core.internals;
    const leader = fresh();
    becomeCandidate(leader);
    becomeLeader(leader);
    expect(() => becomeLeader(fresh())).toThrow('follower');
    expect(() => becomeCandidate(leader)).toThrow('leader');
    expect(() => becomePreCandidate(leader)).toThrow('leader');
  });

  it('AllServerStepdown: a later term makes a follower; only an append names the leader', () => {
    const roles = [
      (server: TestServer) => becomeFollower(server.core.internals, 1, ''),
      (server: TestServer) => becomePreCandidate(server.core.internals),
      (server: TestServer) => becomeCandidate(server.core.internals),
      (server: TestServer) => {
        becomeCandidate(server.core.internals);
        becomeLeader(server.core.internals);
      },
    ];
    for (const start of roles) {
      for (const type of ['Vote', 'App'] as const) {
        const server = new TestServer({ id: 'a', voters: serverIds(3) });
        start(server);
        server.core.step(
          createMessage({ type, from: 'b', to: 'a', term: 3, logTerm: 3, index: type === 'App' ? 0 : 9 }),
        );
        const lead = type === 'App' ? 'b' : '';
        expect(server.core.basicStatus()).toMatchObject({ role: 'follower', term: 3, lead });
      }
    }
  });

  it('CandidateResetTermHeartbeat, CandidateResetTermApp: a lone candidate of an earlier term comes back', () => {
    for (const type of ['Heartbeat', 'App'] as const) {
      const net = new Network({ ids: serverIds(3) });
      net.campaign('a');
      net.isolate('c');
      net.campaign('b');
      net.campaign('a');
      net.tick('c', 10);
      expect(net.core('c').basicStatus()).toMatchObject({ role: 'candidate', term: 2 });
      net.heal();
      const { term } = net.core('a').basicStatus();
      net.send(createMessage({ type, from: 'a', to: 'c', term }));
      expect(net.core('c').basicStatus()).toMatchObject({ role: 'follower', term, lead: 'a' });
      net.beat('a');
      expect(net.get('c').logText).toBe(net.get('a').logText);
    }
  });
});

describe('learners', () => {
  it('LearnerElectionTimeout, LearnerCampaign: a learner never campaigns, not even on TimeoutNow', () => {
    const { core } = new TestServer({ id: 'b', voters: ['a'], learners: ['b'] });
    for (let i = 0; i < 50; i++) core.tick();
    core.campaign();
    core.step(createMessage({ type: 'TimeoutNow', from: 'a', to: 'b', term: 1 }));
    expect(core.basicStatus()).toMatchObject({ role: 'follower', isLearner: true });
    expect(core.hasReady()).toBe(true);
    expect(core.ready().messages).toEqual([]);
  });

  it('LearnerCanVote: it answers requests, for it may have become voter without knowing', () => {
    const server = new TestServer({ id: 'b', voters: ['a'], learners: ['b'] });
    server.core.step(createMessage({ type: 'Vote', from: 'a', to: 'b', term: 2, logTerm: 11, index: 11 }));
    expect(server.settle()[0]).toMatchObject({ type: 'VoteResp', reject: false, to: 'a' });
  });
});
