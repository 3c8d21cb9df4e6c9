import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer } from '../../testing/server.ts';
import {
  type ConfState,
  confStateWith,
  createMessage,
  EMPTY_CONF_STATE,
  type Message,
  simpleChange,
  type SnapshotMeta,
} from '../index.ts';
import { restoreSnapshot } from './follower-log.ts';
import { becomeCandidate, becomeLeader } from './roles.ts';

const IDS = ['a', 'b'];
const snapshotOf = (confState: ConfState, index = 11, term = 11): SnapshotMeta => ({ index, term, confState });

/** A leader whose log begins behind a snapshot at 11:11. */
function leader(): TestServer {
  const one = new TestServer({ id: 'a', voters: ['a'] });
  restoreSnapshot(one.core.internals, snapshotOf(confStateWith(IDS)));
  one.settle();
  becomeCandidate(one.core.internals);
  becomeLeader(one.core.internals);
  one.settle();
  return one;
}

const respond = (to: TestServer, fields: Partial<Message> & Pick<Message, 'type'>): Message[] => {
  to.core.step(createMessage({ from: 'b', to: 'a', term: to.core.basicStatus().term, ...fields }));
  return to.settle();
};

describe('sending snapshots', () => {
  it('ProvideSnap: to a peer whose next entry is compacted, found out by its rejection', () => {
    const one = leader();
    const peer = one.core.internals.tracker.get('b')!;
    peer.next = one.core.log.firstIndex();
    // One entry further back there is nothing but the snapshot; one entry less and it would be an append.
    expect(respond(one, { type: 'AppResp', index: peer.next - 1, reject: true, rejectHint: 0 })).toMatchObject([
      { type: 'Snap', to: 'b', snapshot: { index: 11, term: 11, confState: confStateWith(IDS) }, entries: [] },
    ]);
    const other = leader();
    const near = other.core.internals.tracker.get('b')!;
    near.next = other.core.log.firstIndex() + 1;
    expect(
      respond(other, { type: 'AppResp', index: near.next - 1, reject: true, rejectHint: 11, logTerm: 11 }),
    ).toMatchObject([{ type: 'App', to: 'b', index: 11, logTerm: 11 }]);
  });

  it('SendingSnapshotSetPending: a peer whose entries are compacted is in snapshot, and which is known', () => {
    const one = leader();
    const peer = one.core.internals.tracker.get('b')!;
    peer.next = one.core.log.firstIndex();
    peer.recentActive = true;
    const sent = respond(one, { type: 'AppResp', index: peer.next - 1, reject: true });
    expect(sent.map((message) => [message.type, message.snapshot?.index])).toEqual([['Snap', 11]]);
    expect(one.core.progress('b')).toMatchObject({ state: 'snapshot', pendingSnapshot: 11, next: 12 });
  });

  it('PendingSnapshotPauseReplication: nothing is sent meanwhile', () => {
    const one = leader();
    one.core.internals.tracker.get('b')!.becomeSnapshot(11);
    one.core.propose([new Uint8Array(1)]);
    expect(one.settle()).toEqual([]);
  });

  it.each([
    [false, 1],
    [true, 12],
  ])('SnapshotFailure, SnapshotSucceed: reported %s, probing goes on at %d, paused', (ok, next) => {
    const one = leader();
    const peer = one.core.internals.tracker.get('b')!;
    peer.next = 1;
    peer.becomeSnapshot(11);
    one.core.reportSnapshot('b', ok);
    expect(one.core.progress('b')).toMatchObject({ state: 'probe', pendingSnapshot: 0, next, msgAppFlowPaused: true });
  });

  it('SnapshotAbort: an acknowledgement behind the snapshot ends it', () => {
    const one = leader();
    const peer = one.core.internals.tracker.get('b')!;
    peer.becomeSnapshot(11);
    respond(one, { type: 'AppResp', index: 11 });
    // Entry 12 follows at once.
    expect(one.core.progress('b')).toMatchObject({ state: 'replicate', match: 11, next: 13, inflight: 1 });
  });

  it('IgnoreProvidingSnap: not to a peer that was not heard of', () => {
    const one = leader();
    const peer = one.core.internals.tracker.get('b')!;
    peer.next = one.core.log.firstIndex() - 1;
    peer.recentActive = false;
    one.core.propose([new Uint8Array(1)]);
    expect(one.settle()).toEqual([]);
  });

  it('a member that joined after the newest snapshot is not sent it; a newer one is asked for', () => {
    const one = leader();
    respond(one, { type: 'AppResp', index: 12 });
    one.core.applyConfChange(simpleChange('addLearner', 'c'));
    one.settle();
    one.core.step(createMessage({ type: 'AppResp', from: 'c', to: 'a', term: 1, index: 11, reject: true }));
    const { messages, snapshotWanted } = one.core.ready();
    expect([messages, snapshotWanted]).toEqual([[], true]);
    one.core.advance();
    expect(one.core.hasReady()).toBe(false);
    one.storage.createSnapshot(12, one.core.status().confState);
    const sent = respond(one, { type: 'HeartbeatResp', from: 'c' });
    expect(sent).toMatchObject([{ type: 'Snap', to: 'c', snapshot: { index: 12 } }]);
  });

  it('SlowNodeRestore: a server that missed everything catches up by snapshot and log', () => {
    const net = new Network({ ids: serverIds(3) });
    net.campaign('a');
    net.isolate('c');
    for (let i = 0; i < 100; i++) net.propose('a', String(i));
    const { applied } = net.core('a').basicStatus();
    net.get('a').storage.createSnapshot(applied, net.core('a').status().confState);
    net.get('a').storage.compact(applied);
    net.heal();
    net.beat('a');
    expect(net.core('c').basicStatus().commit).toBe(applied);
    net.propose('a', 'more');
    expect(net.get('c').texts).toEqual(['more']);
    expect(net.delivered.some((message) => message.type === 'Snap')).toBe(true);
  });
});

describe('installing snapshots', () => {
  it('Restore: boundary, commit and membership; once only; nothing to campaign with until it is installed', () => {
    const { core } = new TestServer({ id: 'a', voters: ['a', 'b'] });
    const snapshot = snapshotOf(confStateWith(['a', 'b', 'c']));
    expect(restoreSnapshot(core.internals, snapshot)).toBe(true);
    expect([core.log.lastIndex(), core.log.term(11), core.log.committed]).toEqual([11, 11, 11]);
    expect(core.status().confState.voters).toEqual(['a', 'b', 'c']);
    expect(restoreSnapshot(core.internals, snapshot)).toBe(false);
    for (let i = 0; i < 25; i++) core.tick();
    expect(core.basicStatus().role).toBe('follower');
  });

  it('RestoreWithLearner, RestoreWithVotersOutgoing, RestoreVoterToLearner, RestoreLearnerPromotion', () => {
    const restored = (start: { voters: string[]; learners?: string[] }, confState: ConfState) => {
      const { core } = new TestServer({ id: 'c', ...start });
      expect(restoreSnapshot(core.internals, snapshotOf(confState))).toBe(true);
      return core;
    };
    const learner = restored({ voters: ['a'], learners: ['c'] }, confStateWith(['a', 'b'], ['c']));
    expect([learner.basicStatus().isLearner, learner.progress('c')?.isLearner]).toEqual([true, true]);
    const joint = { ...EMPTY_CONF_STATE, voters: ['b', 'c'], votersOutgoing: ['a', 'b'] };
    expect(restored({ voters: ['a', 'b'] }, joint).status().confState).toEqual(joint);
    expect(restored({ voters: ['c'] }, confStateWith(['a'], ['c'])).basicStatus().isLearner).toBe(true);
    expect(restored({ voters: ['a'], learners: ['c'] }, confStateWith(['a', 'c'])).basicStatus().isLearner).toBe(false);
  });

  it('RestoreIgnoreSnapshot: an old one is ignored, one that matches the log only moves the commit index', () => {
    const storage = storageWithTerms([1, 1, 1], confStateWith(['a', 'b']), 1);
    const { core } = new TestServer({ id: 'a', storage });
    expect(restoreSnapshot(core.internals, snapshotOf(confStateWith(['a']), 1, 1))).toBe(false);
    expect(core.log.committed).toBe(1);
    expect(restoreSnapshot(core.internals, snapshotOf(confStateWith(['a']), 2, 1))).toBe(false);
    expect([core.log.committed, core.log.lastIndex(), core.log.firstIndex()]).toEqual([2, 3, 1]);
    expect(core.status().confState.voters).toEqual(['a', 'b']);
  });

  it('RestoreFromSnapMsg, LearnerReceiveSnapshot: the leader is known, the answer is the new last index', () => {
    const one = new TestServer({ id: 'c', voters: ['a'], learners: ['c'] });
    const snapshot = snapshotOf(confStateWith(['a', 'b'], ['c']), 11, 1);
    one.core.step(createMessage({ type: 'Snap', from: 'a', to: 'c', term: 2, snapshot }));
    expect(one.settle()).toMatchObject([{ type: 'AppResp', to: 'a', index: 11, reject: false }]);
    expect(one.core.basicStatus()).toMatchObject({ lead: 'a', applied: 11, commit: 11 });
    expect(one.storage.firstIndex()).toBe(12);
    one.core.step(createMessage({ type: 'Snap', from: 'a', to: 'c', term: 2, snapshot }));
    expect(one.settle()).toMatchObject([{ type: 'AppResp', index: 11 }]);
  });

  it('InstallSnapshot_InvalidPeers: a snapshot without us, or with a membership that cannot be, is refused and does not crash us', () => {
    const one = new TestServer({ id: 'a', voters: ['a', 'b'] });
    const bad = [
      confStateWith(['b', 'c']),
      { ...EMPTY_CONF_STATE, learners: ['a'] },
      { ...confStateWith(['a']), learnersNext: ['a'] },
      // What could be restored, but as another membership than the one that was sent.
      { ...confStateWith(['a', 'b']), autoLeave: true },
      confStateWith(['a', 'a', 'b']),
      confStateWith(['a', 'b', 'c'], ['b']),
      confStateWith(['a', 'b'], ['c', 'c']),
    ];
    for (const confState of bad) {
      one.core.step(
        createMessage({ type: 'Snap', from: 'b', to: 'a', term: 1, snapshot: snapshotOf(confState, 11, 1) }),
      );
      expect(one.settle()).toMatchObject([{ type: 'AppResp', index: 0 }]);
      expect([one.core.log.lastIndex(), one.core.status().confState.voters]).toEqual([0, ['a', 'b']]);
    }
  });
});
