import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer, type TestServerOptions } from '../../testing/server.ts';
import {
  type ConfChange,
  confStateWith,
  createMessage,
  EMPTY_CONF_STATE,
  encodeConfChange,
  EntryType,
  entryTypeOf,
  LEAVE_JOINT,
  memberChange,
  parseConfChange,
  simpleChange,
} from '../index.ts';
import { becomeCandidate, becomeLeader } from './roles.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const change = (text: string, transition: ConfChange['transition'] = 'auto'): ConfChange =>
  memberChange(parseConfChange(text), transition);

/** A leader that is the only voter. */
function alone(options: Partial<TestServerOptions> = {}): TestServer {
  const one = new TestServer({ id: 'a', ...options });
  one.core.campaign();
  one.settle();
  return one;
}

function propose(one: TestServer, what: ConfChange): void {
  expect(one.core.proposeConfChange(what)).toBe('ok');
  one.settle();
}

describe('membership changes in the log', () => {
  it('StepConfig: a change is appended and remembered as pending', () => {
    const one = alone({ voters: ['a', 'b'] });
    becomeCandidate(one.core.internals);
    becomeLeader(one.core.internals);
    one.settle();
    const last = one.core.log.lastIndex();
    one.core.internals.log.appliedTo(one.core.log.committed, 0);
    one.core.internals.pendingConfIndex = 0;
    one.core.proposeConfChange(simpleChange('addVoter', 'c'));
    expect([one.core.log.lastIndex(), one.core.internals.pendingConfIndex]).toEqual([last + 1, last + 1]);
  });

  it('StepIgnoreConfig: a second change before the first is applied becomes an empty entry', () => {
    const one = alone();
    one.core.proposeConfChange(simpleChange('addVoter', 'b'));
    const pending = one.core.internals.pendingConfIndex;
    one.core.proposeConfChange(simpleChange('addVoter', 'c'));
    expect(one.core.internals.pendingConfIndex).toBe(pending);
    const entry = one.core.log.unstable.entries.at(-1)!;
    expect([entry.type, entry.data.length]).toEqual([EntryType.normal, 0]);
  });

  it('bytes that are no change become an empty entry, whoever proposed them', () => {
    const one = alone();
    const entries = [{ term: 0, index: 0, type: EntryType.confChangeV2, data: bytes('?') }];
    one.core.step(createMessage({ type: 'Prop', from: 'b', entries }));
    expect(one.core.log.unstable.entries.at(-1)).toMatchObject({ type: EntryType.normal });
  });

  it.each([
    [[], 0],
    [[EntryType.confChange], 1],
  ])('NewLeaderPendingConfig: with %j in the log no change before index %d is applied', (types, pending) => {
    const storage = storageWithTerms([], confStateWith(['a', 'b']));
    storage.append(
      types.map((type, i) => ({ index: i + 1, term: 1, type, data: encodeConfChange(simpleChange('addVoter', 'c')) })),
    );
    storage.setHardState({ term: 1, vote: '', commit: 0 });
    const { core } = new TestServer({ id: 'a', storage });
    becomeCandidate(core.internals);
    becomeLeader(core.internals);
    expect(core.internals.pendingConfIndex).toBe(pending);
  });

  it('ConfChangeCheckBeforeCampaign, ConfChangeV2CheckBeforeCampaign: a committed change must be applied first', () => {
    for (const what of [simpleChange('removeNode', 'b'), change('r2', 'explicit')]) {
      const storage = storageWithTerms([], confStateWith(serverIds(3)));
      storage.append([{ index: 1, term: 1, type: entryTypeOf(what), data: encodeConfChange(what) }]);
      storage.setHardState({ term: 1, vote: '', commit: 1 });
      const one = new TestServer({ id: 'a', storage });
      for (let i = 0; i < 30; i++) one.core.tick();
      one.core.step(createMessage({ type: 'TimeoutNow', from: 'b', to: 'a', term: 1 }));
      expect(one.core.basicStatus().role).toBe('follower');
      one.settle();
      one.core.campaign();
      expect(one.core.basicStatus().role).toBe('candidate');
    }
  });

  it('confChangeNeedsCurrentTermCommit: none before the first commit of the term', () => {
    for (const needs of [false, true]) {
      const one = new TestServer({ id: 'a', voters: ['a', 'b'], confChangeNeedsCurrentTermCommit: needs });
      becomeCandidate(one.core.internals);
      becomeLeader(one.core.internals);
      one.settle();
      one.core.proposeConfChange(simpleChange('addVoter', 'c'));
      expect(one.core.log.unstable.entries.at(-1)!.type).toBe(needs ? EntryType.normal : EntryType.confChange);
    }
  });
});

describe('membership in force', () => {
  it('AddNode, AddLearner, RemoveNode, RemoveLearner, RaftNodes: as applied', () => {
    const one = alone();
    propose(one, simpleChange('addVoter', 'b'));
    expect(one.confStates.at(-1)).toEqual(confStateWith(['a', 'b']));
    const { core } = new TestServer({ id: 'a' });
    expect(core.applyConfChange(simpleChange('addLearner', 'b'))).toEqual(confStateWith(['a'], ['b']));
    expect(core.progress('b')).toMatchObject({ isLearner: true });
    expect(core.applyConfChange(simpleChange('removeNode', 'b'))).toEqual(confStateWith(['a']));
    expect(() => core.applyConfChange(simpleChange('removeNode', 'a'))).toThrow(
      expect.objectContaining({ code: 'RAFT_CONF_REMOVED_ALL_VOTERS' }),
    );
    expect(core.status().confState).toEqual(confStateWith(['a']));
  });

  it('AddNodeCheckQuorum: adding a server does not depose the leader at the next check, its silence does', () => {
    const one = alone({ checkQuorum: true });
    one.core.applyConfChange(simpleChange('addVoter', 'b'));
    for (let i = 0; i < 10; i++) one.core.tick();
    expect(one.core.basicStatus().role).toBe('leader');
    for (let i = 0; i < 10; i++) one.core.tick();
    expect(one.core.basicStatus().role).toBe('follower');
  });

  it('Promotable: only voters of the own membership', () => {
    const promotable = (voters: string[], learners: string[] = []): boolean =>
      new TestServer({ id: 'a', voters, learners }).core.internals.promotable();
    expect([promotable(['a']), promotable(['a', 'b']), promotable([]), promotable(['b'], ['a'])]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('CommitAfterRemoveNode: what waited for the removed server commits at once', () => {
    const one = new TestServer({ id: 'a', voters: ['a', 'b'] });
    becomeCandidate(one.core.internals);
    becomeLeader(one.core.internals);
    one.settle();
    one.core.step(createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 1, index: 1 }));
    one.settle();
    one.core.proposeConfChange(simpleChange('removeNode', 'b'));
    one.core.propose([bytes('waits')]);
    one.settle();
    expect(one.texts).toEqual([]);
    one.core.step(createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 1, index: 2 }));
    one.settle();
    expect(one.texts).toEqual(['waits']);
  });

  it('LearnerPromotion, LearnerLogReplication: a learner replicates, is promoted and can win', () => {
    const net = new Network({ ids: ['a', 'b'], server: { voters: ['a'], learners: ['b'] } as object });
    net.campaign('a');
    net.propose('a', 'x');
    expect(net.get('b').texts).toEqual(['x']);
    expect(net.core('a').progress('b')).toMatchObject({ match: 2, isLearner: true });
    net.core('a').proposeConfChange(simpleChange('addVoter', 'b'));
    net.settle();
    expect(net.core('b').basicStatus().isLearner).toBe(false);
    net.campaign('b');
    expect(net.core('b').basicStatus().role).toBe('leader');
  });
});

describe('ProposeAndConfChange', () => {
  const joint = (voters: string[], outgoing: string[], more: object = {}) => ({
    ...EMPTY_CONF_STATE,
    voters,
    votersOutgoing: outgoing,
    ...more,
  });
  const cases: [what: ConfChange, states: object[]][] = [
    [simpleChange('addVoter', 'b'), [confStateWith(['a', 'b'])]],
    [change('vb'), [confStateWith(['a', 'b'])]],
    [change('lb'), [confStateWith(['a'], ['b'])]],
    [change('lb', 'explicit'), [joint(['a'], ['a'], { learners: ['b'] }), confStateWith(['a'], ['b'])]],
    [
      change('lb', 'implicit'),
      [joint(['a'], ['a'], { learners: ['b'], autoLeave: true }), confStateWith(['a'], ['b'])],
    ],
    [
      change('vb lc ld'),
      [joint(['a', 'b'], ['a'], { learners: ['c', 'd'], autoLeave: true }), confStateWith(['a', 'b'], ['c', 'd'])],
    ],
    [
      change('vb lc ld', 'explicit'),
      [joint(['a', 'b'], ['a'], { learners: ['c', 'd'] }), confStateWith(['a', 'b'], ['c', 'd'])],
    ],
  ];
  it.each(cases)('%j goes through the memberships it should', (what, states) => {
    const net = new Network({ ids: ['a'] });
    for (const id of ['b', 'c', 'd']) net.add({ id, voters: [] });
    net.campaign('a');
    net.core('a').proposeConfChange(what);
    net.settle();
    if (what.transition === 'explicit') {
      expect(net.get('a').confStates).toEqual(states.slice(0, 1));
      net.core('a').proposeConfChange(LEAVE_JOINT);
      net.settle();
    }
    net.beat('a');
    expect(net.get('a').confStates).toEqual(states);
  });

  it('ProposeAddDuplicateNode: adding a server twice is harmless', () => {
    const one = alone();
    propose(one, simpleChange('addVoter', 'a'));
    propose(one, simpleChange('addVoter', 'a'));
    expect(one.confStates).toEqual([confStateWith(['a']), confStateWith(['a'])]);
  });

  it('in a joint membership nothing but leaving it enters the log', () => {
    const one = alone();
    propose(one, change('lb', 'explicit'));
    for (const what of [change('lc'), change('lc', 'explicit'), simpleChange('addVoter', 'c')]) {
      propose(one, what);
      expect(one.applied.at(-1)).toMatchObject({ type: EntryType.normal, data: new Uint8Array(0) });
    }
    expect(one.confStates).toHaveLength(1);
    propose(one, LEAVE_JOINT);
    expect(one.confStates.at(-1)).toEqual(confStateWith(['a'], ['b']));
  });

  it('JointAutoLeave: one entry, however much is applied before it', () => {
    const one = alone({ maxCommittedSizePerReady: 1 });
    one.core.proposeConfChange(change('lb', 'implicit'));
    one.core.propose([bytes('x')]);
    one.core.propose([bytes('y')]);
    one.settle();
    expect(one.applied.map(({ type }) => type)).toEqual([0, EntryType.confChangeV2, 0, 0, EntryType.confChangeV2]);
    expect(one.core.status().confState).toEqual(confStateWith(['a'], ['b']));
  });

  it.each([
    ['after an election timeout', (net: Network) => net.tick('a', 10)],
    [
      'for this server itself',
      (net: Network) => {
        net.core('a').transferLeader('a');
        net.settle();
      },
    ],
  ])('JointAutoLeave: dropped by a transfer, it is tried again when that is given up %s', (_how, giveUp) => {
    const net = new Network({ ids: serverIds(3) });
    net.campaign('a');
    net.ignore('TimeoutNow');
    net.core('a').proposeConfChange(change('lc', 'implicit'));
    net.core('a').transferLeader('b');
    net.settle();
    expect(net.core('a').basicStatus().leadTransferee).toBe('b');
    expect(net.core('a').status().confState).toMatchObject({ votersOutgoing: serverIds(3), autoLeave: true });
    giveUp(net);
    net.beat('a');
    for (const id of serverIds(3)) expect(net.core(id).status().confState).toEqual(confStateWith(['a', 'b'], ['c']));
  });

  it('JointAutoLeave: also by a leader that was elected while it was joint', () => {
    const ids = serverIds(5);
    const net = new Network({ ids });
    net.campaign('a');
    // The leave of the first leader never gets through.
    net.filter(
      (message) => !message.entries.some((entry) => entry.type !== EntryType.normal && entry.data.length === 0),
    );
    net.core('a').proposeConfChange(change('lc', 'implicit'));
    net.settle();
    net.beat('a');
    expect(net.core('b').status().confState).toMatchObject({
      votersOutgoing: ids,
      learnersNext: ['c'],
      autoLeave: true,
    });
    net.isolate('a');
    net.filter(() => true);
    net.campaign('b');
    net.beat('b');
    expect(net.core('b').basicStatus().role).toBe('leader');
    expect(net.core('b').status().confState).toEqual(confStateWith(['a', 'b', 'd', 'e'], ['c']));
  });
});
