import { describe, expect, it } from 'vitest';
import { TestServer, type TestServerOptions } from '../../testing/server.ts';
import { createMessage, type Message } from '../index.ts';
import { becomeCandidate, becomeLeader } from './roles.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A leader of a and b, whose empty entry is not sent yet. */
function leader(options: Partial<TestServerOptions> = {}): TestServer {
  const one = new TestServer({ id: 'a', voters: ['a', 'b'], ...options });
  becomeCandidate(one.core.internals);
  becomeLeader(one.core.internals);
  one.settle();
  return one;
}

const respond = (to: TestServer, fields: Partial<Message> & Pick<Message, 'type'>): Message[] => {
  to.core.step(createMessage({ from: 'b', to: 'a', term: 1, ...fields }));
  return to.settle();
};

const propose = (one: TestServer, data: Uint8Array): Message[] => {
  one.core.propose([data]);
  return one.settle();
};

const peer = (one: TestServer) => one.core.internals.tracker.get('b')!;

/** A leader that sends ahead, with a window of 4. */
function replicating(): TestServer {
  const one = leader({ maxInflightMsgs: 4 });
  peer(one).becomeReplicate();
  return one;
}

function fill(one: TestServer): void {
  for (let i = 0; i < 4; i++) expect(propose(one, bytes('x'))).toHaveLength(1);
}

describe('flow control', () => {
  it('FlowControlFull: a full window lets nothing pass', () => {
    const one = replicating();
    fill(one);
    expect(one.core.progress('b')).toMatchObject({ inflight: 4, inflightFull: true });
    for (let i = 0; i < 10; i++) expect(propose(one, bytes('x'))).toEqual([]);
  });

  it('FlowControlMoveForward: an acknowledgement frees its place and those before, a stale one none', () => {
    const one = replicating();
    fill(one);
    for (let index = 2; index < 8; index++) {
      respond(one, { type: 'AppResp', index });
      expect(peer(one).inflights.full).toBe(false);
      expect(propose(one, bytes('x'))).toHaveLength(1);
      for (let i = 0; i < index; i++) {
        respond(one, { type: 'AppResp', index: i });
        expect(peer(one).inflights.full).toBe(true);
      }
    }
  });

  it('FlowControlRecvHeartbeat: through a full window one empty append passes for each heartbeat response', () => {
    const one = replicating();
    fill(one);
    propose(one, bytes('x'));
    for (let beats = 1; beats < 5; beats++) {
      for (let i = 0; i < beats; i++) {
        const sent = respond(one, { type: 'HeartbeatResp' });
        expect(sent.map((message) => [message.type, message.entries.length])).toEqual([['App', 0]]);
        expect(propose(one, bytes('x'))).toEqual([]);
      }
    }
  });

  it('the bound on bytes is soft by one message', () => {
    const one = leader({ maxInflightBytes: 1000, maxSizePerMsg: 1000 });
    peer(one).becomeReplicate();
    expect(propose(one, new Uint8Array(600))).toHaveLength(1);
    expect(propose(one, new Uint8Array(600))).toHaveLength(1);
    expect(propose(one, new Uint8Array(1))).toEqual([]);
    expect(one.core.progress('b')).toMatchObject({ inflight: 2, inflightBytes: 1200, inflightFull: true });
  });

  it('ProgressPaused: a probed peer gets one append, however much is proposed', () => {
    const one = leader();
    const sent = [propose(one, bytes('x')), propose(one, bytes('x')), propose(one, bytes('x'))];
    expect(sent.map((messages) => messages.length)).toEqual([1, 0, 0]);
  });

  it('ProgressResumeByHeartbeatResp: a heartbeat alone does not resume, its response does', () => {
    const one = leader();
    propose(one, bytes('x'));
    expect(peer(one).msgAppFlowPaused).toBe(true);
    one.core.tick();
    one.settle();
    expect(peer(one).msgAppFlowPaused).toBe(true);
    const sent = respond(one, { type: 'HeartbeatResp' });
    expect(sent.filter((message) => message.type === 'App')).toHaveLength(1);
  });

  it('SendAppendForProgressProbe: one append a heartbeat interval', () => {
    const one = leader();
    for (let round = 0; round < 3; round++) {
      const appends = Array.from({ length: 10 }, () => propose(one, bytes('x')).length);
      expect(appends.reduce((sum, count) => sum + count)).toBe(round === 0 ? 1 : 0);
      one.core.tick();
      expect(one.settle().map((message) => message.type)).toEqual(['Heartbeat']);
      expect(respond(one, { type: 'HeartbeatResp' }).filter((message) => message.type === 'App')).toHaveLength(1);
    }
  });

  it('SendAppendForProgressReplicate: one append for each proposal', () => {
    const one = leader();
    peer(one).becomeReplicate();
    for (let i = 0; i < 10; i++) expect(propose(one, bytes('x'))).toHaveLength(1);
  });

  it('SendAppendForProgressSnapshot: none', () => {
    const one = leader();
    peer(one).becomeSnapshot(10);
    for (let i = 0; i < 10; i++) expect(propose(one, bytes('x'))).toEqual([]);
  });

  it('ProgressFlowControl: a probe carries one big entry; then the window fills, small entries go together', () => {
    const one = leader({ maxInflightMsgs: 3, maxSizePerMsg: 2048, maxInflightBytes: 9000 });
    peer(one).becomeProbe();
    for (let i = 0; i < 10; i++) one.core.propose([new Uint8Array(1000)]);
    const probe = one.settle();
    expect(probe.map((message) => message.entries.length)).toEqual([2]);
    expect(probe[0]!.entries.map((entry) => entry.data.length)).toEqual([0, 1000]);
    const second = respond(one, { type: 'AppResp', index: probe[0]!.entries[1]!.index });
    expect(second.map((message) => message.entries.length)).toEqual([2, 2, 2]);
    const third = respond(one, { type: 'AppResp', index: second[2]!.entries[1]!.index });
    expect(third.map((message) => message.entries.length)).toEqual([2, 1]);
  });
});
