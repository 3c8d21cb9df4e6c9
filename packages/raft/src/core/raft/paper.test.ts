/**
 * Statements of "In Search of an Understandable Consensus Algorithm" (extended version), in the order of the paper. Each
 * test names the section it checks.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '@dkron/runtime/testing';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer, type TestServerOptions } from '../../testing/server.ts';
import { confStateWith, createMessage, type Entry, EntryType, type Message } from '../index.ts';
import { becomeCandidate, becomeFollower, becomeLeader } from './roles.ts';

const IDS = serverIds(3);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function entries(prevIndex: number, ...terms: number[]): Entry[] {
  return terms.map((term, i) => ({ term, index: prevIndex + 1 + i, type: EntryType.normal, data: bytes('x') }));
}

function server(options: Partial<TestServerOptions> = {}): TestServer {
  return new TestServer({ id: 'a', voters: IDS, ...options });
}

function asRole(role: 'follower' | 'candidate' | 'leader', options: Partial<TestServerOptions> = {}): TestServer {
  const one = server(options);
  const r = one.core.internals;
  if (role === 'follower') {
    becomeFollower(r, 1, 'b');
  } else {
    becomeCandidate(r);
    if (role === 'leader') becomeLeader(r);
  }
  one.settle();
  return one;
}

/** A leader whose first entry is committed by everybody. */
function committedLeader(options: Partial<TestServerOptions> = {}): TestServer {
  const one = asRole('leader', options);
  for (const from of one.core.config.voters.ids()) if (from !== 'a') ack(one, from, one.core.log.lastIndex());
  one.settle();
  return one;
}

function ack(to: TestServer, from: string, index: number): void {
  to.core.step(createMessage({ type: 'AppResp', from, to: to.id, term: to.core.basicStatus().term, index }));
}

describe('raft 5.1', () => {
  for (const role of ['follower', 'candidate', 'leader'] as const) {
    it(`${role} that sees a later term adopts it and becomes follower`, () => {
      const one = asRole(role);
      one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 5 }));
      expect(one.core.basicStatus()).toMatchObject({ term: 5, role: 'follower' });
    });
  }

  it('a request of an earlier term is rejected: nothing happens', () => {
    const one = server({ storage: storageWithTerms([1], confStateWith(IDS)) });
    becomeFollower(one.core.internals, 3, '');
    one.settle();
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 2, entries: entries(0, 2) }));
    expect(one.core.basicStatus()).toMatchObject({ term: 3, lead: '' });
    expect([one.logText, one.settle()]).toEqual(['1:1', []]);
  });
});

describe('raft 5.2', () => {
  it('servers start as followers', () => {
    expect(server().core.basicStatus()).toMatchObject({ role: 'follower', term: 0 });
  });

  it('a leader sends heartbeats to all followers at each interval', () => {
    const one = committedLeader({ heartbeatTick: 2, electionTick: 20 });
    one.core.tick();
    expect(one.settle()).toEqual([]);
    one.core.tick();
    const beats = one.settle();
    expect(beats.map(({ type, to, term, index, entries: sent }) => [type, to, term, index, sent.length])).toEqual([
      ['Heartbeat', 'b', 1, 0, 0],
      ['Heartbeat', 'c', 1, 0, 0],
    ]);
  });

  for (const role of ['follower', 'candidate'] as const) {
    it(`${role} that hears nothing starts an election: next term, votes for itself, asks all others`, () => {
      const one = asRole(role);
      for (let i = 0; i < 10; i++) one.core.tick();
      const asked = one.settle();
      expect(one.core.basicStatus()).toMatchObject({ role: 'candidate', term: 2, vote: 'a' });
      expect(one.core.internals.tracker.tallyVotes().granted).toBe(1);
      expect(asked.map(({ type, to, term }) => [type, to, term])).toEqual([
        ['Vote', 'b', 2],
        ['Vote', 'c', 2],
      ]);
    });
  }

  const elections: [size: number, granted: number, rejected: number, role: string][] = [
    [1, 0, 0, 'leader'],
    [3, 2, 0, 'leader'],
    [3, 1, 0, 'leader'],
    [5, 4, 0, 'leader'],
    [5, 3, 0, 'leader'],
    [5, 2, 0, 'leader'],
    [3, 0, 2, 'follower'],
    [5, 0, 4, 'follower'],
    [5, 1, 3, 'follower'],
    [3, 0, 0, 'candidate'],
    [5, 1, 0, 'candidate'],
  ];
  it.each(elections)('election in one round: %d servers, %d grant, %d refuse: %s', (size, granted, rejected, role) => {
    const one = server({ voters: serverIds(size) });
    one.core.campaign();
    one.settle();
    for (const [i, from] of serverIds(size).slice(1).entries()) {
      if (i >= granted + rejected) break;
      one.core.step(createMessage({ type: 'VoteResp', from, to: 'a', term: 1, reject: i >= granted }));
    }
    expect(one.core.basicStatus()).toMatchObject({ role, term: 1 });
  });

  const votes: [vote: string, from: string, reject: boolean][] = [
    ['', 'b', false],
    ['', 'c', false],
    ['b', 'b', false],
    ['c', 'c', false],
    ['b', 'c', true],
    ['c', 'b', true],
  ];
  it.each(votes)('one vote a term, first come first served: voted "%s", asked by %s', (vote, from, reject) => {
    const storage = storageWithTerms([], confStateWith(IDS));
    storage.setHardState({ term: 1, vote, commit: 0 });
    const one = server({ storage });
    one.core.step(createMessage({ type: 'Vote', from, to: 'a', term: 1 }));
    expect(one.settle()[0]).toMatchObject({ type: 'VoteResp', to: from, term: 1, reject });
  });

  it('a candidate that hears of a leader of its term or a later one becomes follower', () => {
    for (const term of [1, 2]) {
      const one = asRole('candidate');
      one.core.step(createMessage({ type: 'App', from: 'c', to: 'a', term }));
      expect(one.core.basicStatus()).toMatchObject({ role: 'follower', term, lead: 'c' });
    }
  });

  for (const role of ['follower', 'candidate'] as const) {
    it(`election timeout of a ${role} is random: every value of [T, 2T - 1] occurs`, () => {
      const random = seededRandom(7);
      const one = asRole(role, { modules: { rand: (n) => random.nextInt(n) } });
      const seen = new Set<number>();
      for (let round = 0; round < 500; round++) {
        if (role === 'follower') becomeFollower(one.core.internals, 1 + round, 'b');
        else becomeCandidate(one.core.internals);
        one.settle();
        const { term } = one.core.basicStatus();
        let ticks = 0;
        for (; one.core.basicStatus().term === term; ticks++) one.core.tick();
        seen.add(ticks);
      }
      expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    });

    it(`random timeouts of five ${role}s seldom collide: below 30 % of 1,000 rounds`, () => {
      const random = seededRandom(11);
      const rand = (n: number): number => random.nextInt(n);
      const five = serverIds(5).map((id) => server({ id, voters: serverIds(5), modules: { rand } }));
      let conflicts = 0;
      for (let round = 0; round < 1000; round++) {
        for (const one of five) {
          if (role === 'follower') becomeFollower(one.core.internals, one.core.basicStatus().term + 1, 'z');
          else becomeCandidate(one.core.internals);
          one.settle();
        }
        const timeouts = five.map((one) => one.core.randomizedElectionTimeout);
        const first = Math.min(...timeouts);
        if (timeouts.filter((ticks) => ticks === first).length > 1) conflicts++;
      }
      expect(conflicts).toBeLessThan(300);
    });
  }
});

describe('raft 5.3', () => {
  it('a leader appends a proposal and sends it to each follower', () => {
    const one = committedLeader();
    const last = one.core.log.lastIndex();
    one.core.propose([bytes('x')]);
    const sent = one.settle();
    expect(one.core.log.lastIndex()).toBe(last + 1);
    expect(one.core.log.committed).toBe(last);
    expect(sent.map(({ type, to, index, logTerm, commit }) => [type, to, index, logTerm, commit])).toEqual([
      ['App', 'b', last, 1, last],
      ['App', 'c', last, 1, last],
    ]);
    expect(sent[0]!.entries).toMatchObject([{ index: last + 1, term: 1, data: bytes('x') }]);
  });

  it('an entry is committed once a majority has it; the next messages say so', () => {
    const one = committedLeader();
    const last = one.core.log.lastIndex();
    one.core.propose([bytes('x')]);
    one.settle();
    ack(one, 'b', last + 1);
    const sent = one.settle();
    expect(one.core.log.committed).toBe(last + 1);
    expect(one.texts).toEqual(['x']);
    expect(sent.map(({ type, to, commit }) => [type, to, commit])).toEqual([
      ['App', 'b', last + 1],
      ['App', 'c', last + 1],
    ]);
  });

  const acknowledgements: [size: number, acks: string[], committed: boolean][] = [
    [1, [], true],
    [3, [], false],
    [3, ['b'], true],
    [3, ['b', 'c'], true],
    [5, [], false],
    [5, ['b'], false],
    [5, ['b', 'c'], true],
    [5, ['b', 'c', 'd'], true],
    [5, ['b', 'c', 'd', 'e'], true],
  ];
  it.each(acknowledgements)('of %d servers %j acknowledge: committed %s', (size, acks, committed) => {
    const one = committedLeader({ voters: serverIds(size) });
    const last = one.core.log.lastIndex();
    one.core.propose([bytes('x')]);
    one.settle();
    for (const from of acks) ack(one, from, last + 1);
    expect(one.core.log.committed > last).toBe(committed);
  });

  it.each([[[]], [[2]], [[1, 2]], [[1]]])('preceding entries %j of other leaders are committed with it', (terms) => {
    const one = asRole('leader', { storage: storageWithTerms(terms, confStateWith(IDS)) });
    one.core.propose([bytes('x')]);
    one.settle();
    ack(one, 'b', terms.length + 2);
    one.settle();
    expect(one.applied.map((entry) => entry.index)).toEqual(Array.from({ length: terms.length + 2 }, (_, i) => i + 1));
  });

  it.each([1, 2, 3])('a follower applies what the leader says is committed: %d of 3', (commit) => {
    const one = asRole('follower');
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, entries: entries(0, 1, 1, 1), commit }));
    one.settle();
    expect(one.applied.map((entry) => entry.index)).toEqual([1, 2, 3].slice(0, commit));
  });

  const checks: [prevTerm: number, prevIndex: number, reject: boolean, hint: number, hintTerm: number][] = [
    [0, 0, false, 0, 0],
    [1, 1, false, 0, 0],
    [2, 2, false, 0, 0],
    [1, 2, true, 1, 1],
    [2, 3, true, 2, 2],
    [3, 3, true, 2, 2],
  ];
  it.each(checks)('consistency check of (%d, %d): rejects %s', (logTerm, index, reject, rejectHint, hintTerm) => {
    const one = server({ storage: storageWithTerms([1, 2], confStateWith(IDS), 1) });
    becomeFollower(one.core.internals, 3, 'b');
    one.settle();
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 3, index, logTerm }));
    // Before the commit index the answer is the commit index; else the last entry that matched.
    const acked = reject ? index : Math.max(index, 1);
    expect(one.settle()[0]).toMatchObject({ type: 'AppResp', index: acked, reject, rejectHint, logTerm: hintTerm });
  });

  const appends: [index: number, prevTerm: number, terms: number[], log: string, unstable: number[]][] = [
    [2, 2, [3], '1:1 2:2 3:3', [3]],
    [1, 1, [3, 4], '1:1 2:3 3:4', [2, 3]],
    [0, 0, [1], '1:1 2:2', []],
    [0, 0, [3], '1:3', [1]],
  ];
  it.each(appends)(
    'conflicts are cut off, matches stay: behind (%d, %d) %j',
    (index, logTerm, terms, log, unstable) => {
      const one = server({ storage: storageWithTerms([1, 2], confStateWith(IDS)) });
      becomeFollower(one.core.internals, 4, 'b');
      one.core.step(
        createMessage({ type: 'App', from: 'b', to: 'a', term: 4, index, logTerm, entries: entries(index, ...terms) }),
      );
      expect(one.logText).toBe(log);
      expect(one.core.ready().entries.map((entry) => entry.index)).toEqual(unstable);
    },
  );

  it('figure 7: a new leader brings every follower to its own log', () => {
    const leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const followers = {
      a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
      b: [1, 1, 1, 4],
      c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      e: [1, 1, 1, 4, 4, 4, 4],
      f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    };
    for (const [name, terms] of Object.entries(followers)) {
      const confState = confStateWith(IDS);
      const lead = storageWithTerms(leader, confState, 1);
      lead.setHardState({ term: 8, vote: '', commit: 1 });
      const follow = storageWithTerms(terms, confState, 1);
      follow.setHardState({ term: 7, vote: '', commit: 0 });
      // The third server decides the election and is out of the picture otherwise.
      const net = new Network({ ids: IDS, dead: ['c'], servers: { a: { storage: lead }, b: { storage: follow } } });
      net.core('a').campaign();
      net.core('a').step(createMessage({ type: 'VoteResp', from: 'c', to: 'a', term: 9 }));
      net.settle();
      net.core('a').step(createMessage({ type: 'VoteResp', from: 'c', to: 'a', term: 9 }));
      net.settle();
      net.propose('a', 'x');
      expect([name, net.get('b').logText]).toEqual([name, net.get('a').logText]);
      expect(net.get('a').logText).toContain('10:6 11:9 12:9');
    }
  });
});

describe('raft 5.4', () => {
  it.each([[[1]], [[1, 2]], [[1, 1, 1]]])('5.4.1: a request for a vote tells the last entry of %j', (terms) => {
    const one = server({ storage: storageWithTerms(terms, confStateWith(IDS)) });
    one.core.campaign();
    const asked: Message[] = one.settle();
    expect(asked.map(({ type, to }) => [type, to])).toEqual([
      ['Vote', 'b'],
      ['Vote', 'c'],
    ]);
    for (const message of asked) expect(message).toMatchObject({ index: terms.length, logTerm: terms.at(-1) });
  });

  const voters: [own: number[], logTerm: number, index: number, reject: boolean][] = [
    [[1], 1, 1, false],
    [[1], 1, 2, false],
    [[1, 1], 1, 1, true],
    [[1], 2, 1, false],
    [[1], 2, 2, false],
    [[1, 1], 2, 1, false],
    [[2], 1, 1, true],
    [[2], 1, 2, true],
    [[2, 2], 1, 1, true],
  ];
  it.each(voters)('5.4.1: a voter with %j asked for (%d, %d) refuses: %s', (own, logTerm, index, reject) => {
    const one = server({ storage: storageWithTerms(own, confStateWith(IDS)) });
    one.core.step(createMessage({ type: 'Vote', from: 'b', to: 'a', term: 3, logTerm, index }));
    expect(one.settle()[0]).toMatchObject({ type: 'VoteResp', reject });
  });

  it.each([
    [1, 0],
    [2, 0],
    [3, 3],
  ])('5.4.2: only entries of the own term are committed by counting: ack %d commits %d', (index, committed) => {
    const one = asRole('leader', { storage: storageWithTerms([1, 2], confStateWith(IDS)) });
    one.core.propose([bytes('x')]);
    one.settle();
    ack(one, 'b', index);
    expect(one.core.log.committed).toBe(committed);
  });
});
