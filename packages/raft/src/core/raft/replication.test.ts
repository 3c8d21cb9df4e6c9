import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer, type TestServerOptions } from '../../testing/server.ts';
import { confStateWith, createMessage, type Entry, EntryType, type Message } from '../index.ts';
import { becomeCandidate, becomeFollower, becomeLeader } from './roles.ts';

const IDS = serverIds(3);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function leader(options: Partial<TestServerOptions> = {}): TestServer {
  const one = new TestServer({ id: 'a', voters: ['a', 'b'], ...options });
  becomeCandidate(one.core.internals);
  becomeLeader(one.core.internals);
  one.settle();
  return one;
}

function respond(to: TestServer, fields: Partial<Message> & Pick<Message, 'type'>): Message[] {
  to.core.step(createMessage({ from: 'b', to: 'a', term: to.core.basicStatus().term, ...fields }));
  return to.settle();
}

function propose(one: TestServer, ...texts: string[]): Message[] {
  one.core.propose(texts.map(bytes));
  return one.settle();
}

const peer = (one: TestServer): ReturnType<TestServer['core']['internals']['tracker']['get']> & object =>
  one.core.internals.tracker.get('b')!;

describe('replication', () => {
  it('LogReplication: entries reach everybody in order', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    net.propose('a', 'x');
    net.campaign('b');
    net.propose('b', 'y', 'z');
    for (const one of net.servers.values()) expect(one.texts).toEqual(['x', 'y', 'z']);
    expect(net.get('c').logText).toBe(net.get('b').logText);
  });

  it('ProposalByProxy: a follower passes proposals on', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    expect(net.propose('b', 'x')).toBe('ok');
    for (const one of net.servers.values()) expect(one.texts).toEqual(['x']);
  });

  it('DisableProposalForwarding: a follower drops them', () => {
    const net = new Network({ ids: IDS, server: { disableProposalForwarding: true } });
    net.campaign('a');
    expect(net.propose('b', 'x')).toBe('proposalDropped');
    expect(net.propose('a', 'y')).toBe('ok');
    expect(net.get('c').texts).toEqual(['y']);
  });

  it.each([
    [3, [], true],
    [3, ['c'], true],
    [3, ['b', 'c'], false],
    [5, ['d', 'e'], true],
    [5, ['c', 'd', 'e'], false],
  ])('Proposal: of %d servers %j are dead', (size, dead, works) => {
    const net = new Network({ ids: serverIds(size), dead });
    net.campaign('a');
    expect(net.propose('a', 'x')).toBe(works ? 'ok' : 'proposalDropped');
    expect(net.get('a').texts).toEqual(works ? ['x'] : []);
  });

  it('SingleNodeCommit: alone one commits once it is durable', () => {
    const net = new Network({ ids: ['a'] });
    net.campaign('a');
    net.propose('a', 'x');
    net.propose('a', 'y');
    expect(net.core('a').basicStatus().commit).toBe(3);
  });

  it('CannotCommitWithoutNewTermEntry, CommitWithoutNewTermEntry: old entries wait for one of the new term', () => {
    const net = new Network({ ids: serverIds(5) });
    net.campaign('a');
    for (const id of ['c', 'd', 'e']) net.cut('a', id);
    net.propose('a', 'x', 'y');
    expect(net.core('a').basicStatus().commit).toBe(1);
    net.heal();
    net.ignore('App');
    net.campaign('b');
    expect(net.core('b').basicStatus()).toMatchObject({ role: 'leader', commit: 1 });
    net.heal();
    net.beat('b');
    net.propose('b', 'z');
    for (const one of net.servers.values()) expect(one.core.basicStatus().commit).toBe(5);
  });

  it('OldMessages: a late append of a deposed leader changes nothing', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    net.campaign('b');
    net.campaign('a');
    const before = net.get('a').logText;
    net.send(
      createMessage({
        type: 'App',
        from: 'b',
        to: 'a',
        term: 2,
        entries: [{ index: 3, term: 2, type: 0, data: bytes('old') }],
      }),
    );
    net.propose('a', 'x');
    expect(before).toBe('1:1 2:2 3:3');
    for (const one of net.servers.values()) expect([one.logText, one.texts]).toEqual(['1:1 2:2 3:3 4:3', ['x']]);
  });

  const medians: [matches: number[], terms: number[], term: number, commit: number][] = [
    [[1], [1], 1, 1],
    [[1], [1], 2, 0],
    [[2], [1, 2], 2, 2],
    [[1], [2], 2, 1],
    [[2, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1], [1, 1], 2, 0],
    [[2, 1, 2], [1, 2], 2, 2],
    [[2, 1, 2], [1, 1], 2, 0],
    [[2, 1, 1, 1], [1, 2], 1, 1],
    [[2, 1, 1, 2], [1, 2], 2, 0],
    [[2, 1, 2, 2], [1, 2], 2, 2],
    [[2, 1, 2, 2], [1, 1], 2, 0],
  ];
  it.each(medians)('Commit: matches %j of terms %j in term %d commit %d', (matches, terms, term, commit) => {
    const ids = serverIds(matches.length);
    const storage = storageWithTerms(terms, confStateWith(ids));
    storage.setHardState({ term, vote: '', commit: 0 });
    const { core } = new TestServer({ id: 'a', storage });
    const r = core.internals;
    for (const [i, match] of matches.entries()) r.tracker.get(ids[i]!)!.maybeUpdate(match);
    r.log.maybeCommit(r.tracker.committed(), r.term);
    expect(core.log.committed).toBe(commit);
  });

  it('StepIgnoreOldTermMsg, LeaderMsgAppSelfAckAfterTermChange: acknowledgements of an earlier term commit nothing', () => {
    const one = new TestServer({ id: 'a', voters: ['a', 'b'], asyncStorage: true });
    one.core.campaign();
    one.settle();
    respond(one, { type: 'VoteResp' });
    one.core.propose([bytes('x')]);
    const late = one.core.ready().storageAppend!.responses;
    expect(late.some((message) => message.type === 'AppResp' && message.to === 'a')).toBe(true);
    one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 2 }));
    for (const response of late) one.core.step(response);
    expect(one.core.basicStatus()).toMatchObject({ role: 'follower', term: 2, commit: 0 });
    expect(one.core.log.unstable.entries.length).toBe(1);
  });

  it('ProgressLeader: its own progress replicates and follows its disk', () => {
    const one = leader();
    for (let i = 0; i < 5; i++) {
      one.core.propose([bytes('x')]);
      expect(one.core.progress('a')).toMatchObject({ state: 'replicate', match: i + 1 });
      one.settle();
      expect(one.core.progress('a')).toMatchObject({ state: 'replicate', match: i + 2, next: i + 3 });
    }
  });

  it('UncommittedEntryLimit: proposals are dropped beyond the bound, empty ones never, one big one is let in', () => {
    const one = leader({ voters: IDS, maxUncommittedSize: 32, maxInflightMsgs: 1024 });
    peer(one).becomeReplicate();
    expect(one.core.internals.uncommittedSize).toBe(0);
    const results = Array.from({ length: 5 }, () => one.core.propose([bytes('12345678')]));
    expect(results).toEqual(['ok', 'ok', 'ok', 'ok', 'proposalDropped']);
    expect(one.core.propose([new Uint8Array(0)])).toBe('ok');
    expect(one.core.internals.uncommittedSize).toBe(32);
    one.settle();
    respond(one, { type: 'AppResp', index: one.core.log.lastIndex() });
    expect(one.core.internals.uncommittedSize).toBe(0);
    expect(one.core.propose([new Uint8Array(100)])).toBe('ok');
    expect(one.core.propose([bytes('x')])).toBe('proposalDropped');
    expect(one.core.propose([new Uint8Array(0)])).toBe('ok');
    one.settle();
    respond(one, { type: 'AppResp', index: one.core.log.lastIndex() });
    expect(one.core.internals.uncommittedSize).toBe(0);
  });
});

describe('appends at a follower', () => {
  const entries = (index: number, ...terms: number[]): Entry[] =>
    terms.map((term, i) => ({ term, index: index + i, type: EntryType.normal, data: bytes('x') }));
  const table: [Partial<Message>, lastIndex: number, commit: number, reject: boolean][] = [
    [{ logTerm: 3, index: 2, commit: 3 }, 2, 0, true],
    [{ logTerm: 3, index: 3, commit: 3 }, 2, 0, true],
    [{ logTerm: 1, index: 1, commit: 1 }, 2, 1, false],
    [{ logTerm: 0, index: 0, commit: 1, entries: entries(1, 2) }, 1, 1, false],
    [{ logTerm: 2, index: 2, commit: 3, entries: entries(3, 2, 2) }, 4, 3, false],
    [{ logTerm: 2, index: 2, commit: 4, entries: entries(3, 2) }, 3, 3, false],
    [{ logTerm: 1, index: 1, commit: 4, entries: entries(2, 2) }, 2, 2, false],
    // What lies behind the append is not verified, so it is not committed (raft 5.3).
    [{ logTerm: 1, index: 1, commit: 3 }, 2, 1, false],
    [{ logTerm: 1, index: 1, commit: 3, entries: entries(2, 2) }, 2, 2, false],
    [{ logTerm: 2, index: 2, commit: 3 }, 2, 2, false],
    [{ logTerm: 2, index: 2, commit: 4 }, 2, 2, false],
  ];
  it.each(table)('HandleMsgApp: %j leads to last %d, commit %d, reject %s', (fields, lastIndex, commit, reject) => {
    const storage = storageWithTerms([1, 2], confStateWith(IDS));
    const one = new TestServer({ id: 'a', storage });
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 2, ...fields }));
    expect(one.settle()[0]).toMatchObject({ type: 'AppResp', reject });
    expect([one.core.log.lastIndex(), one.core.log.committed]).toEqual([lastIndex, commit]);
  });

  it('a shorter or repeated append does not cut the log', () => {
    const one = new TestServer({ id: 'a', storage: storageWithTerms([1, 1, 1], confStateWith(IDS)) });
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, entries: entries(1, 1) }));
    expect(one.logText).toBe('1:1 2:1 3:1');
    expect(one.settle()[0]).toMatchObject({ type: 'AppResp', index: 1, reject: false });
  });

  it('HandleHeartbeat: the commit index follows and never falls', () => {
    for (const [commit, expected] of [
      [3, 3],
      [1, 2],
    ] as const) {
      const one = new TestServer({ id: 'a', storage: storageWithTerms([1, 2, 3], confStateWith(IDS), 2) });
      one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 3, commit }));
      expect(one.core.log.committed).toBe(expected);
      expect(one.settle()[0]).toMatchObject({ type: 'HeartbeatResp', to: 'b' });
    }
  });

  it('a heartbeat that knows more of our log than there is does not crash us: it was lost, and is reported', () => {
    const kinds: string[] = [];
    const storage = storageWithTerms([1], confStateWith(IDS));
    const one = new TestServer({ id: 'a', storage, modules: { events: (event) => kinds.push(event.kind) } });
    one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1, commit: 9 }));
    expect([one.core.log.committed, kinds.includes('commitBeyondLog')]).toEqual([0, true]);
  });
});

describe('responses at a leader', () => {
  it('HandleHeartbeatResp: one that lags is sent an append, one that has caught up is not', () => {
    const one = leader({ storage: storageWithTerms([1, 2, 3], confStateWith(['a', 'b']), 3) });
    const beat = (): string[] => respond(one, { type: 'HeartbeatResp' }).map((message) => message.type);
    expect(beat()).toEqual(['App']);
    expect(beat()).toEqual(['App']);
    const sent = respond(one, { type: 'HeartbeatResp' })[0]!;
    respond(one, { type: 'AppResp', index: sent.index + sent.entries.length });
    expect(beat()).toEqual([]);
  });

  it('MsgAppRespWaitReset: an acknowledgement resumes sending to that peer only', () => {
    const one = leader({ voters: IDS });
    respond(one, { type: 'AppResp', index: 1 });
    const sent = propose(one, 'x');
    expect(sent.map((message) => [message.to, message.entries.length])).toEqual([['b', 1]]);
    expect(respond(one, { type: 'AppResp', from: 'c', index: 1 }).map((message) => message.to)).toEqual(['c']);
  });

  const acks: [index: number, reject: boolean, match: number, next: number, sent: number][] = [
    [3, true, 0, 3, 0],
    [2, true, 0, 2, 1],
    [2, false, 2, 4, 1],
    [0, false, 0, 4, 1],
  ];
  it.each(acks)(
    'LeaderAppResp: %d, reject %s, leads to match %d, next %d, sends %d',
    (index, reject, match, next, sent) => {
      // Entries 1 and 2 of term 1 and our own empty entry 3; b is probed behind 2.
      const storage = storageWithTerms([1, 1], confStateWith(IDS));
      const one = leader({ storage });
      expect(one.core.progress('b')).toMatchObject({ match: 0, next: 3 });
      const out = respond(one, { type: 'AppResp', index, reject, rejectHint: index });
      expect(one.core.progress('b')).toMatchObject({ match, next });
      expect(out.filter((message) => message.to === 'b')).toHaveLength(sent);
    },
  );

  it('BcastBeat: heartbeats carry min(match, commit), no index and no entries', () => {
    const one = leader({ voters: IDS, storage: storageWithTerms([1, 1, 1], confStateWith(IDS), 3) });
    one.core.internals.tracker.get('b')!.match = 2;
    one.core.internals.tracker.get('c')!.match = 3;
    one.core.tick();
    const beats = one.settle().filter((message) => message.type === 'Heartbeat');
    expect(
      beats.map(({ to, commit, index, logTerm, entries }) => [to, commit, index, logTerm, entries.length]),
    ).toEqual([
      ['b', 2, 0, 0, 0],
      ['c', 3, 0, 0, 0],
    ]);
  });

  it('RecvMsgBeat: only a leader sends heartbeats', () => {
    const beats = (one: TestServer): number => {
      one.settle();
      one.core.tick();
      return one.settle().filter((message) => message.type === 'Heartbeat').length;
    };
    const follower = new TestServer({ id: 'a', voters: IDS });
    becomeFollower(follower.core.internals, 1, 'b');
    const candidate = new TestServer({ id: 'a', voters: IDS });
    becomeCandidate(candidate.core.internals);
    expect([follower, candidate, leader({ voters: IDS })].map(beats)).toEqual([0, 0, 2]);
  });

  it.each([
    ['replicate', 2, 6],
    ['probe', 2, 2],
  ] as const)('LeaderIncreaseNext: in %s, next %d becomes %d', (state, next, expected) => {
    const one = leader({ storage: storageWithTerms([1, 1, 1], confStateWith(['a', 'b'])) });
    const progress = peer(one);
    progress.state = state;
    progress.next = next;
    propose(one, 'x');
    expect(progress.next).toBe(expected);
  });

  it('RecvMsgUnreachable: a replicating peer is probed from behind what it has', () => {
    const one = leader({ storage: storageWithTerms([1, 1, 1], confStateWith(['a', 'b'])) });
    const progress = peer(one);
    progress.match = 3;
    progress.becomeReplicate();
    progress.next = 6;
    one.core.reportUnreachable('b');
    expect(one.core.progress('b')).toMatchObject({ state: 'probe', match: 3, next: 4 });
  });

  it('FastLogRejection: one probe a term, whichever log has more terms', () => {
    const table: [leader: number[], follower: number[], hint: number, hintTerm: number, next: number][] = [
      [[1, 2, 2, 4, 4, 4, 4], [1, 2, 2, 4, 3, 3, 3, 3].slice(0, 3), 3, 2, 3],
      [[1, 3, 3, 3, 5, 5, 5, 5, 5, 5], [1, 3, 3, 3, 3, 3, 4, 4, 4, 4], 10, 4, 4],
      [[1, 1, 1, 1, 5, 5], [1, 1, 1, 1, 4, 4], 6, 4, 4],
      [[1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 4], 4, 1, 4],
      [[1, 1, 1, 5, 5, 5, 5, 5], [1, 1, 1, 2, 2, 2, 2], 7, 2, 3],
      [[1, 1, 1, 4, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 2, 3], 8, 3, 3],
    ];
    for (const [leads, follows, hint, hintTerm, next] of table) {
      const confState = confStateWith(IDS);
      const term = Math.max(...leads, ...follows) + 1;
      const lead = storageWithTerms(leads, confState);
      lead.setHardState({ term, vote: '', commit: 0 });
      const one = leader({ storage: lead });
      const follow = storageWithTerms(follows, confState);
      const two = new TestServer({ id: 'b', storage: follow });
      const probe = createMessage({ type: 'App', from: 'a', to: 'b', term: term + 1, index: leads.length });
      probe.logTerm = leads.at(-1)!;
      two.core.step(probe);
      const answer = two.settle()[0]!;
      if (!answer.reject) {
        expect(follows.slice(0, leads.length)).toEqual(leads);
        continue;
      }
      expect([leads, answer.rejectHint, answer.logTerm]).toEqual([leads, Math.min(hint, follows.length), hintTerm]);
      one.core.step(answer);
      const second = one.settle().find((message) => message.to === 'b')!;
      expect([leads, second.index]).toEqual([leads, next]);
      two.core.step(second);
      expect(two.settle()[0]).toMatchObject({ reject: false });
    }
  });

  it('LogReplicationWithReorderedMessage: a late rejection does not throw next behind what is known to match', () => {
    const one = leader({ storage: storageWithTerms([1, 1, 1, 1], confStateWith(['a', 'b'])) });
    respond(one, { type: 'AppResp', index: 4 });
    expect(one.core.progress('b')).toMatchObject({ state: 'replicate', match: 4 });
    respond(one, { type: 'AppResp', index: 3, reject: true, rejectHint: 1, logTerm: 1 });
    expect(one.core.progress('b')).toMatchObject({ state: 'replicate', match: 4 });
    respond(one, { type: 'AppResp', index: 5, reject: true, rejectHint: 1, logTerm: 1 });
    expect(one.core.progress('b')!.next).toBeGreaterThan(4);
  });
});
