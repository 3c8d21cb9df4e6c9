import { describe, expect, it } from 'vitest';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer } from '../../testing/server.ts';
import { confStateWith, createMessage, type Message, simpleChange } from '../index.ts';
import { decodeRound, ReadQueue } from './read-queue.ts';

const IDS = serverIds(3);
const mark = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(net: Network, id: string, text: string): void {
  net.core(id).readIndex(mark(text));
  net.settle();
}

function answers(net: Network, id: string): [index: number, text: string][] {
  return net.get(id).readStates.map(({ index, context }) => [index, new TextDecoder().decode(context)]);
}

/** A leader in term 1 of three servers, the other two played by the test. */
function leader(modules: TestServer['core']['internals']['modules'] | object = {}, options: object = {}): TestServer {
  const one = new TestServer({ id: 'a', voters: IDS, modules, ...options });
  one.core.campaign();
  one.settle();
  one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
  one.settle();
  return one;
}

const respond = (to: TestServer, fields: Partial<Message> & Pick<Message, 'type'>): Message[] => {
  to.core.step(createMessage({ from: 'b', to: 'a', term: 1, ...fields }));
  return to.settle();
};

describe('linearizable reads', () => {
  it('ReadOnlyOptionSafe: leader and followers read at the commit index', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    for (const [n, id] of IDS.entries()) {
      for (let i = 0; i < 10; i++) net.propose('a', 'x');
      read(net, id, id);
      expect(answers(net, id)).toEqual([[1 + 10 * (n + 1), id]]);
    }
  });

  it('ReadOnlyWithLearner: learners may ask', () => {
    const net = new Network({ ids: ['a', 'b'], server: { voters: ['a'], learners: ['b'] } as object });
    net.campaign('a');
    net.propose('a', 'x');
    read(net, 'b', 'r');
    expect(answers(net, 'b')).toEqual([[2, 'r']]);
  });

  it('ReadOnlyOptionLease: at once while the lease holds, without it by a round', () => {
    let valid = true;
    const one = leader({ leaseValid: () => valid }, { checkQuorum: true, readOnly: 'lease' });
    respond(one, { type: 'AppResp', index: 1 });
    one.core.readIndex(mark('x'));
    one.settle();
    expect(one.readStates).toMatchObject([{ index: 1 }]);
    valid = false;
    one.core.readIndex(mark('y'));
    expect(one.settle().map((message) => message.type)).toEqual(['Heartbeat', 'Heartbeat']);
    expect(one.readStates).toHaveLength(1);
  });

  it('a lease does not hold while leadership is transferred', () => {
    const one = leader({ leaseValid: () => true }, { checkQuorum: true, readOnly: 'lease' });
    respond(one, { type: 'AppResp', index: 1 });
    one.core.transferLeader('c');
    one.settle();
    one.core.readIndex(mark('x'));
    one.settle();
    expect(one.readStates).toEqual([]);
  });

  it('ReadOnlyForNewLeader: reads before the first commit of the term wait for it', () => {
    const one = leader();
    one.core.readIndex(mark('early'));
    expect(one.settle()).toEqual([]);
    const beats = respond(one, { type: 'AppResp', index: 1 }).filter((message) => message.type === 'Heartbeat');
    expect(beats).toHaveLength(2);
    respond(one, { type: 'HeartbeatResp', context: beats[0]!.context });
    expect(one.readStates).toMatchObject([{ index: 1 }]);
  });

  it('ReadOnlyDuplicateRequest: equal marks never confirm an older read with an older round', () => {
    const one = leader();
    respond(one, { type: 'AppResp', index: 1 });
    one.core.readIndex(mark('same'));
    const first = one.settle()[0]!.context;
    one.core.propose([mark('x')]);
    one.settle();
    respond(one, { type: 'AppResp', index: 2 });
    one.core.readIndex(mark('same'));
    const second = one.settle().find((message) => message.type === 'Heartbeat')!.context;
    expect(first).not.toEqual(second);
    respond(one, { type: 'HeartbeatResp', context: first });
    expect(one.readStates).toMatchObject([{ index: 1 }]);
    respond(one, { type: 'HeartbeatResp', from: 'c', context: second });
    expect(one.readStates).toMatchObject([{ index: 1 }, { index: 2 }]);
  });

  it('one round confirms all earlier reads; RaftFreesReadOnlyMem: then nothing is left of them', () => {
    const one = leader();
    respond(one, { type: 'AppResp', index: 1 });
    for (const text of ['x', 'y', 'z']) one.core.readIndex(mark(text));
    const last = one.settle().at(-1)!.context;
    expect(one.core.internals.readQueue.size).toBe(3);
    respond(one, { type: 'HeartbeatResp', context: last });
    expect(one.readStates.map(({ context }) => new TextDecoder().decode(context))).toEqual(['x', 'y', 'z']);
    expect(one.core.internals.readQueue.size).toBe(0);
  });

  it('dissertation 6.4: a majority confirms a read, not the first answer', () => {
    const one = new TestServer({ id: 'a', voters: serverIds(5) });
    one.core.campaign();
    one.settle();
    for (const from of ['b', 'c']) respond(one, { type: 'VoteResp', from });
    for (const from of ['b', 'c']) respond(one, { type: 'AppResp', from, index: 1 });
    one.core.readIndex(mark('x'));
    const { context } = one.settle().at(-1)!;
    respond(one, { type: 'HeartbeatResp', from: 'b', context });
    respond(one, { type: 'HeartbeatResp', from: 'b', context });
    expect(one.readStates).toEqual([]);
    respond(one, { type: 'HeartbeatResp', from: 'd', context });
    expect(one.readStates).toMatchObject([{ index: 1 }]);
  });

  it('a round nobody began confirms nothing', () => {
    const one = leader();
    respond(one, { type: 'AppResp', index: 1 });
    one.core.readIndex(mark('x'));
    one.settle();
    respond(one, { type: 'HeartbeatResp', context: new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0]) });
    respond(one, { type: 'HeartbeatResp', context: new Uint8Array(8).fill(255) });
    respond(one, { type: 'HeartbeatResp', context: new Uint8Array(3) });
    expect(one.readStates).toEqual([]);
  });

  it('maxPendingReads: beyond it reads are dropped, before and after the first commit of the term', () => {
    const one = leader({}, { maxPendingReads: 2 });
    for (const text of ['x', 'y', 'z']) one.core.readIndex(mark(text));
    expect(one.core.internals.deferredReads).toHaveLength(2);
    respond(one, { type: 'AppResp', index: 1 });
    one.core.readIndex(mark('w'));
    expect([one.core.internals.deferredReads.length, one.core.internals.readQueue.size]).toEqual([0, 2]);
  });

  it('a change of role forgets the reads', () => {
    const one = leader();
    respond(one, { type: 'AppResp', index: 1 });
    one.core.readIndex(mark('x'));
    one.settle();
    respond(one, { type: 'Heartbeat', term: 2 });
    expect([one.core.internals.readQueue.size, one.readStates]).toEqual([0, []]);
  });

  it('alone one answers at once; without a leader a read is dropped', () => {
    const alone = new Network({ ids: ['a'] });
    alone.campaign('a');
    read(alone, 'a', 'x');
    expect(answers(alone, 'a')).toEqual([[1, 'x']]);
    const net = new Network({ ids: IDS });
    read(net, 'b', 'x');
    expect(answers(net, 'b')).toEqual([]);
  });

  it('a single voter that restarts waits for its first commit: the stored commit index may be behind', () => {
    const storage = storageWithTerms([1, 1, 1], confStateWith(['a']), 1);
    const one = new TestServer({ id: 'a', storage, asyncStorage: true });
    one.core.campaign();
    for (const response of one.core.ready().storageAppend!.responses) one.core.step(response);
    expect(one.core.basicStatus()).toMatchObject({ role: 'leader', commit: 1 });
    one.core.readIndex(mark('x'));
    one.settle();
    expect(one.readStates).toMatchObject([{ index: 4 }]);
  });

  it('a leader that is no member any more asks the only voter before it answers', () => {
    const net = new Network({ ids: ['a', 'b'], server: { stepDownOnRemoval: false } });
    net.campaign('a');
    net.core('a').proposeConfChange(simpleChange('removeNode', 'a'));
    net.settle();
    net.isolate('a');
    net.campaign('b');
    net.propose('b', 'x');
    expect(net.core('a').basicStatus().role).toBe('leader');
    read(net, 'a', 'stale');
    expect(answers(net, 'a')).toEqual([]);
  });

  it('a quorum that shrinks may confirm what waits, before and after the first commit of the term', () => {
    for (const committed of [false, true]) {
      const one = leader();
      if (committed) respond(one, { type: 'AppResp', index: 1 });
      one.core.readIndex(mark('x'));
      one.settle();
      expect(one.readStates).toEqual([]);
      one.core.applyConfChange(simpleChange('removeNode', 'c'));
      one.settle();
      one.core.applyConfChange(simpleChange('removeNode', 'b'));
      one.settle();
      expect(one.readStates).toMatchObject([{ index: 1 }]);
    }
  });

  it('ReadIndexToOldLeader: a deposed leader cannot confirm', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    net.isolate('a');
    net.campaign('b');
    net.propose('b', 'x');
    read(net, 'a', 'stale');
    expect(answers(net, 'a')).toEqual([]);
    net.heal();
    net.beat('a');
    expect(answers(net, 'a')).toEqual([]);
  });
});

describe('rounds', () => {
  it('ascend, and their bytes come back the same', () => {
    const queue = new ReadQueue();
    expect([queue.heartbeatContext().length, queue.lastRound]).toEqual([0, 0]);
    for (let i = 1; i < 300; i++) {
      queue.add('', 1, mark('x'));
      expect(decodeRound(queue.heartbeatContext())).toBe(i);
    }
    expect(queue.take(298)).toHaveLength(298);
    queue.clear();
    queue.add('', 1, mark('x'));
    expect(queue.lastRound).toBe(300);
  });
});
