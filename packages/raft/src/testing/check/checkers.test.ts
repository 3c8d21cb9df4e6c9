/** Every checker must fail on a history that violates its invariant, and accept the nearest one that does not. */
import { describe, expect, it } from 'vitest';
import { type ConfState, confStateWith, createMessage, type Message } from '../../core/index.ts';
import { allCheckers } from './all-checkers.ts';
import { Candidacy } from './candidacy.ts';
import type { DurableView, FinalView, PeerView, ServerView } from './checker.ts';
import { ConfigChanges, quorumsIntersect } from './config-changes.ts';
import { ConfigShape } from './config-shape.ts';
import { Durability } from './durability.ts';
import { ElectionSafety } from './election-safety.ts';
import { LeaderAppendOnly } from './leader-append-only.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { Liveness } from './liveness.ts';
import { LogMatching } from './log-matching.ts';
import { LogPositions } from './log-positions.ts';
import { Monotony } from './monotony.ts';
import { NothingEarly } from './nothing-early.ts';
import { ProgressShape } from './progress-shape.ts';
import { OwnEntry } from './own-entry.ts';
import { Quiescence } from './quiescence.ts';
import { Reads } from './reads.ts';
import { StateMachineSafety } from './state-machine-safety.ts';
import { Transfers } from './transfers.ts';
import { UncommittedSize } from './uncommitted-size.ts';
import { Violation } from './violation.ts';
import { Watch } from './watch.ts';

/** A server with terms[i] as the term of entry i + 1. */
function server(fields: Partial<ServerView> & { terms?: readonly number[] } = {}): ServerView {
  const { terms = [1, 1, 1], ...rest } = fields;
  return {
    id: 'a',
    life: 1,
    term: 1,
    vote: '',
    role: 'follower',
    isLearner: false,
    isVoter: true,
    commit: 0,
    applied: 0,
    applying: 0,
    firstIndex: 1,
    lastIndex: terms.length,
    stable: terms.length,
    uncommittedSize: 0,
    snapshotIndex: 0,
    asyncStorage: true,
    stepDownOnRemoval: true,
    transferee: '',
    transfereeIsVoter: false,
    installing: false,
    termAt: (index) => terms[index - 1],
    durableTermAt: (index) => terms[index - 1],
    changesUnapplied: () => false,
    ...rest,
  };
}

function disk(term: number, vote: string, terms: readonly number[], commit = 0): DurableView {
  return { term, vote, commit, boundary: 0, lastIndex: terms.length, termAt: (index) => terms[index - 1] };
}

const message = (fields: Partial<Message> & Pick<Message, 'type'>): Message =>
  createMessage({ from: 'a', to: 'b', term: 1, ...fields });
const entry = (index: number, term: number) => ({ index, term, type: 0 as const, data: new Uint8Array() });
const peer = (fields: Partial<PeerView> = {}): PeerView => ({
  id: 'b',
  state: 'replicate',
  match: 1,
  next: 3,
  paused: false,
  inflight: [2],
  window: 4,
  ...fields,
});
const final = (fields: Partial<FinalView> = {}): FinalView => ({
  id: 'a',
  role: 'leader',
  term: 2,
  lead: 'a',
  applied: 5,
  commit: 5,
  lastIndex: 5,
  joint: false,
  ...fields,
});
const joint = (voters: string[], votersOutgoing: string[]): ConfState => ({ ...confStateWith(voters), votersOutgoing });

describe('I1 election safety', () => {
  it('one leader a term', () => {
    const checker = new ElectionSafety();
    checker.becameLeader(server({ role: 'leader' }));
    checker.sent('a', message({ type: 'App' }));
    checker.sent('b', message({ type: 'Heartbeat', term: 2 }));
    expect(() => checker.sent('b', message({ type: 'App' }))).toThrow(Violation);
    expect(() => checker.becameLeader(server({ id: 'c', term: 2 }))).toThrow('leaders b and c');
  });
});

describe('I2 leader append-only', () => {
  const leader = { role: 'leader', term: 2 } as const;

  it('a leader only appends', () => {
    const checker = new LeaderAppendOnly();
    checker.stepped(server({ ...leader, terms: [1, 2] }));
    checker.stepped(server({ ...leader, terms: [1, 2, 2] }));
    expect(() => checker.stepped(server({ ...leader, terms: [1, 2] }))).toThrow('cut its log');
  });

  it('a leader does not overwrite; another term or life may', () => {
    const checker = new LeaderAppendOnly();
    checker.stepped(server({ ...leader, terms: [1, 1] }));
    expect(() => checker.stepped(server({ ...leader, terms: [1, 2, 2] }))).toThrow('overwrote');
    checker.stepped(server({ ...leader, life: 2, terms: [1] }));
  });
});

describe('I3 log matching', () => {
  it('equal index and term mean equal prefixes', () => {
    const checker = new LogMatching();
    checker.appended('a', entry(2, 1), 77);
    checker.appended('b', entry(2, 1), 77);
    checker.appended('b', entry(2, 2), 78);
    expect(() => checker.appended('c', entry(2, 1), 79)).toThrow('entry 2 of term 1 differs on c');
  });
});

describe('I4 leader completeness', () => {
  it('later leaders have what was committed', () => {
    const checker = new LeaderCompleteness();
    checker.committed(server({ role: 'leader', commit: 2, terms: [1, 1, 1] }));
    checker.becameLeader(server({ id: 'b', term: 2, terms: [1, 1] }));
    expect(() => checker.becameLeader(server({ id: 'c', term: 3, terms: [1] }))).toThrow('without entry 2');
    expect(() => checker.becameLeader(server({ id: 'c', term: 3, terms: [1, 2] }))).toThrow('of term 1, has 2');
  });

  it('says nothing of leaders of the same or earlier terms', () => {
    const checker = new LeaderCompleteness();
    checker.committed(server({ role: 'leader', term: 3, commit: 2, terms: [1, 3] }));
    expect(() => checker.becameLeader(server({ id: 'b', term: 2, terms: [1] }))).not.toThrow();
  });
});

describe('I5 state machine safety', () => {
  it('everybody applies one sequence, each command once', () => {
    const checker = new StateMachineSafety();
    checker.applied('a', entry(1, 1), 5, 9);
    checker.applied('b', entry(1, 1), 5, 9);
    expect(() => checker.applied('c', entry(1, 2), 6, 9)).toThrow('another entry 1');
    expect(() => checker.applied('a', entry(2, 1), 7, 9)).toThrow('command 9 is at 1 and again at 2');
  });

  it('everybody applies one sequence of memberships', () => {
    const checker = new StateMachineSafety();
    checker.configured('a', 3, confStateWith([]), confStateWith(['a', 'b']));
    checker.configured('b', 3, confStateWith([]), confStateWith(['b', 'a']));
    expect(() => checker.configured('c', 3, confStateWith([]), confStateWith(['a']))).toThrow('differs on c');
  });
});

describe('I6 monotony', () => {
  it.each<[string, Partial<ServerView>]>([
    ['term', { term: 1 }],
    ['commit', { commit: 1 }],
    ['applied', { applied: 1 }],
    ['snapshot', { snapshotIndex: 1 }],
    ['voted', { vote: 'c' }],
  ])('%s', (what, worse) => {
    const checker = new Monotony();
    const now = { term: 2, vote: 'b', commit: 2, applied: 2, snapshotIndex: 2 };
    checker.stepped(server(now));
    expect(() => checker.stepped(server({ ...now, ...worse }))).toThrow(what);
    checker.stepped(server({ ...now, ...worse, life: 2 }));
  });

  it('match of a peer in a term', () => {
    const checker = new Monotony();
    checker.leaderPeers(server(), [peer({ match: 4 })]);
    expect(() => checker.leaderPeers(server(), [peer({ match: 3 })])).toThrow('from 4 to 3');
    checker.configured('a');
    checker.leaderPeers(server(), [peer({ match: 0 })]);
  });
});

describe('I7 durability', () => {
  const vote = message({ type: 'VoteResp', term: 3 });
  const ack = message({ type: 'AppResp', term: 3, index: 2 });

  it('terms and votes outlive a crash', () => {
    const checker = new Durability();
    checker.sent('a', vote, disk(3, 'b', []));
    checker.restarted('a', disk(3, 'b', []));
    checker.restarted('a', disk(4, 'c', []));
    expect(() => checker.restarted('a', disk(2, 'b', []))).toThrow('is in 2 after a crash');
    expect(() => checker.restarted('a', disk(3, '', []))).toThrow('for nobody');
    expect(() => checker.sent('a', message({ type: 'VoteResp', term: 3, to: 'c' }), disk(3, 'c', []))).toThrow(
      'votes for b and c',
    );
  });

  it('acknowledged entries outlive a crash unless a later leader replaced them', () => {
    const checker = new Durability();
    checker.sent('a', ack, disk(3, 'b', [1, 2]));
    checker.restarted('a', disk(3, 'b', [1, 2, 2]));
    checker.restarted('a', disk(4, '', [4]));
    expect(() => checker.restarted('a', disk(3, 'b', [1]))).toThrow('lost it in a crash');
    expect(() => checker.restarted('a', disk(3, 'b', [1, 2], 3))).toThrow('beyond its last entry');
  });
});

describe('I7 in memory', () => {
  it('within a term nothing that was acknowledged leaves the log', () => {
    const checker = new Durability();
    checker.sent('a', message({ type: 'AppResp', term: 3, index: 2 }), disk(3, '', [1, 2]));
    checker.stepped(server({ term: 3, terms: [1, 2] }));
    checker.stepped(server({ term: 4, terms: [1] }));
    checker.stepped(server({ term: 3, terms: [1], installing: true }));
    expect(() => checker.stepped(server({ term: 3, terms: [1] }))).toThrow('its log ends at 1');
  });

  it('what is believed to be durable is on the disk, in the same term', () => {
    const checker = new Durability();
    checker.stepped(server({ terms: [1, 2, 3], stable: 2, durableTermAt: () => 2 }));
    expect(() => checker.stepped(server({ terms: [1, 3], stable: 2, durableTermAt: () => 2 }))).toThrow('of term 2');
    expect(() => checker.stepped(server({ stable: 3, durableTermAt: () => undefined }))).toThrow('of term undefined');
  });
});

describe('I19 own entry', () => {
  it('a new leader has an entry of its term', () => {
    const checker = new OwnEntry();
    checker.becameLeader(server({ role: 'leader', term: 2, terms: [1, 2] }));
    expect(() => checker.becameLeader(server({ role: 'leader', term: 2, terms: [1] }))).toThrow('I19 own entry');
  });
});

describe('I20 leadership transfer', () => {
  const handing = (fields: Parameters<typeof server>[0] = {}) =>
    server({ role: 'leader', transferee: 'b', transfereeIsVoter: true, ...fields });

  it('goes to voters', () => {
    const checker = new Transfers();
    checker.stepped(handing());
    checker.stepped(handing({ isVoter: false, transfereeIsVoter: false }));
    expect(() => checker.stepped(handing({ transfereeIsVoter: false }))).toThrow('which is no voter');
  });

  it('a leader that hands over appends nothing; one that gave it up, restarted or won again does', () => {
    const checker = new Transfers();
    checker.stepped(handing());
    expect(() => checker.stepped(handing({ terms: [1, 1, 1, 1] }))).toThrow('appends entry 4');
    checker.stepped(handing({ terms: [1, 1, 1, 1], life: 2 }));
    checker.stepped(handing({ terms: [1, 1, 1, 1, 2], life: 2, term: 2 }));
    checker.stepped(server({ role: 'leader', term: 2, life: 2 }));
    checker.stepped(handing({ terms: [1, 1, 1, 1, 2, 2], life: 2, term: 2 }));
  });
});

describe('I8 log positions', () => {
  it.each<Partial<ServerView>>([
    { applied: 2, applying: 1, commit: 2 },
    { applying: 3, commit: 2 },
    { commit: 4 },
    { stable: 4 },
    { firstIndex: 3, applied: 1, applying: 1, commit: 1 },
    { commit: 3, applying: 3, stable: 2 },
  ])('%j', (wrong) => {
    const checker = new LogPositions();
    checker.stepped(server({ commit: 2, applying: 2, applied: 1 }));
    expect(() => checker.stepped(server(wrong))).toThrow('I8');
  });
});

describe('I9 progress', () => {
  it.each<Partial<PeerView>>([
    { match: 3, next: 3 },
    { match: 9, next: 10 },
    { next: 9 },
    { state: 'snapshot', inflight: [] },
    { inflight: [2, 2] },
    { state: 'probe' },
    { inflight: [] },
    { inflight: [1] },
    { inflight: [1, 2] },
  ])('%j', (wrong) => {
    const checker = new ProgressShape();
    checker.leaderPeers(server(), [peer(), peer({ state: 'probe', inflight: [] })]);
    expect(() => checker.leaderPeers(server(), [peer(wrong)])).toThrow('I9');
  });
});

describe('I10 membership', () => {
  it.each<Partial<ConfState>>([
    { voters: [] },
    { learners: ['a'] },
    { votersOutgoing: ['l'], learners: ['l'] },
    { votersOutgoing: ['b'], learnersNext: ['c'] },
    { learnersNext: ['a'] },
    { autoLeave: true },
  ])('%j', (wrong) => {
    const checker = new ConfigShape();
    const sound = confStateWith(['a', 'b'], ['l']);
    checker.configured('a', 1, sound, sound);
    checker.configured('a', 1, sound, { ...joint(['a'], ['a', 'b']), learnersNext: ['b'], autoLeave: true });
    expect(() => checker.configured('a', 1, sound, { ...sound, ...wrong })).toThrow('I10');
  });

  it('a leader keeps a progress of members only', () => {
    expect(() => new ConfigShape().leaderPeers(server(), [peer()], () => false)).toThrow('no member');
  });
});

describe('I11 membership changes', () => {
  it('one at a time', () => {
    const checker = new ConfigChanges();
    checker.leaderTail(server(), [3], true);
    checker.leaderTail(server(), [3, 4], false);
    expect(() => checker.leaderTail(server(), [3, 4], true)).toThrow('changes at 3 4');
  });

  it('consecutive memberships decide together', () => {
    const checker = new ConfigChanges();
    checker.configured('a', 1, confStateWith(['a', 'b', 'c']), confStateWith(['a', 'b', 'c', 'd']));
    expect(() => checker.configured('a', 1, confStateWith(['a', 'b', 'c']), confStateWith(['a', 'd', 'e']))).toThrow(
      'disjoint',
    );
    expect(quorumsIntersect(confStateWith(['a', 'b', 'c']), joint(['d', 'e', 'f'], ['a', 'b', 'c']))).toBe(true);
    expect(quorumsIntersect(joint(['d', 'e', 'f'], ['a', 'b', 'c']), confStateWith(['d', 'e', 'f']))).toBe(true);
  });
});

describe('I12 uncommitted size', () => {
  it.each<Partial<ServerView>>([{ uncommittedSize: -1 }, { role: 'leader', applied: 3, uncommittedSize: 1 }])(
    '%j',
    (wrong) => {
      const checker = new UncommittedSize();
      checker.stepped(server({ role: 'leader', applied: 2, uncommittedSize: 1 }));
      expect(() => checker.stepped(server(wrong))).toThrow('I12');
    },
  );

  it('never in the way of nothing', () => {
    expect(() => new UncommittedSize().emptyRefused(server())).toThrow('without payload');
  });
});

describe('I13 reads', () => {
  it('no older than what was committed', () => {
    const checker = new Reads();
    checker.committed(server({ commit: 2 }));
    checker.readAsked(1);
    checker.committed(server({ commit: 3 }));
    checker.readAnswered(1, 2);
    expect(() => checker.readAnswered(1, 1)).toThrow('2 was committed before');
    expect(() => checker.readAnswered(2, 9)).toThrow('without being asked');
  });
});

describe('I14 candidacy', () => {
  it('only voters campaign', () => {
    const checker = new Candidacy();
    expect(() => checker.sent('a', message({ type: 'Vote' }))).toThrow('never became candidate');
    checker.becameCandidate(server());
    checker.sent('a', message({ type: 'Vote' }));
    expect(() => checker.becameCandidate(server({ isVoter: false }))).toThrow('no voter');
    expect(() => checker.becameCandidate(server({ isLearner: true }))).toThrow('no voter');
    expect(() => checker.becameCandidate(server({ changesUnapplied: () => true }))).toThrow('to apply');
  });

  it('only voters lead', () => {
    const checker = new Candidacy();
    checker.stepped(server({ role: 'leader' }));
    checker.stepped(server({ role: 'leader', isVoter: false, stepDownOnRemoval: false }));
    expect(() => checker.stepped(server({ role: 'leader', isVoter: false }))).toThrow('no voter any more');
  });
});

describe('I15 nothing early', () => {
  it('votes and acknowledgements are durable', () => {
    const checker = new NothingEarly();
    const vote = message({ type: 'VoteResp', term: 2 });
    const ack = message({ type: 'AppResp', term: 2, index: 3 });
    checker.sent('a', vote, disk(2, 'b', []));
    expect(() => checker.sent('a', vote, disk(1, 'b', []))).toThrow('1 is durable');
    expect(() => checker.sent('a', vote, disk(2, '', []))).toThrow('for nobody');
    checker.sent('a', ack, disk(2, '', [1, 1, 1]));
    checker.sent('a', ack, disk(3, '', [3]));
    expect(() => checker.sent('a', ack, disk(2, '', [1, 1]))).toThrow('durable is 2');
    expect(() => checker.sent('a', ack, disk(1, '', [1, 1, 1]))).toThrow('1 is durable');
  });
});

describe('I16 liveness', () => {
  const follower = final({ id: 'b', role: 'follower' });

  it('one leader whom all follow', () => {
    const finish = (servers: FinalView[]) => () => new Liveness().finished(servers, ['a', 'b']);
    expect(finish([final(), follower])).not.toThrow();
    expect(finish([final(), { ...follower, id: 'x', applied: 1, term: 2, lead: 'a' }])).not.toThrow();
  });

  it.each<[string, FinalView[]]>([
    ['0 leaders', [follower]],
    ['2 leaders', [final(), final({ id: 'b' })]],
    ['joint', [final({ joint: true })]],
    ['applied 4 of 5', [final({ applied: 4 })]],
    ['in term 1', [final(), { ...follower, term: 1 }]],
    ['follows nobody', [final(), { ...follower, lead: '' }]],
    ['has applied 4', [final(), { ...follower, applied: 4 }]],
  ])('%s', (what, servers) => {
    expect(() => new Liveness().finished(servers, ['a', 'b'])).toThrow(what);
  });
});

describe('I17 quiescence', () => {
  const idle = { id: 'a', unstableEntries: 0, pendingReads: 0, queuedReads: 0, uncommittedSize: 0 };

  it('heartbeats only', () => {
    new Quiescence().idleSent(message({ type: 'Heartbeat' }));
    expect(() => new Quiescence().idleSent(message({ type: 'App' }))).toThrow('App from a to b while idle');
  });

  it.each(['unstableEntries', 'pendingReads', 'queuedReads', 'uncommittedSize'])('%s', (field) => {
    new Quiescence().idle(idle);
    expect(() => new Quiescence().idle({ ...idle, [field]: 1 })).toThrow('I17');
  });
});

describe('all of them', () => {
  it('are there once, by name', () => {
    const numbers = allCheckers().map(({ name }) => Number(/^I(\d+) /.exec(name)?.[1]));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20]);
  });

  it('are called through a watch', () => {
    const watch = new Watch(allCheckers());
    watch.applied('a', entry(1, 1), 5, 0);
    expect(() => watch.applied('b', entry(1, 1), 6, 0)).toThrow('I5');
    expect(() => watch.stepped(server({ commit: 9 }))).toThrow('I8');
  });
});
