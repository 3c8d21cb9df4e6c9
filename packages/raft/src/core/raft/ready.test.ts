/** The caller's side: what a ready holds, in which order, and what may be answered when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PEER_MESSAGE_TYPES } from '../message.ts';
import { Network, serverIds } from '../../testing/network.ts';
import { storageWithTerms, TestServer } from '../../testing/server.ts';
import {
  APPEND_THREAD,
  confStateWith,
  createMessage,
  type Entry,
  entrySize,
  EntryType,
  hardStateOf,
  LogWindow,
  MemoryStorage,
  type Message,
  type MessageType,
  RaftCore,
  type TraceEvent,
  traceLevel,
} from '../index.ts';

const IDS = serverIds(3);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const types = (messages: readonly Message[] | undefined): string[] => (messages ?? []).map((message) => message.type);

function asyncServer(options: object = {}): TestServer {
  return new TestServer({ id: 'a', voters: IDS, asyncStorage: true, ...options });
}

const entry = (index: number, term: number, text = ''): Entry => ({
  index,
  term,
  type: EntryType.normal,
  data: bytes(text),
});

describe('step', () => {
  it('local kinds are refused from the network, answers of strangers too', () => {
    const { core } = new TestServer({ id: 'a', voters: IDS });
    const local: MessageType[] = [
      'Hup',
      'Beat',
      'CheckQuorum',
      'Unreachable',
      'SnapStatus',
      'StorageAppend',
      'StorageApply',
    ];
    for (const type of [...local, 'StorageAppendResp', 'StorageApplyResp'] as const) {
      expect([type, core.step(createMessage({ type, from: 'b', to: 'a' }))]).toEqual([type, 'localMsg']);
    }
    for (const type of ['AppResp', 'VoteResp', 'PreVoteResp', 'HeartbeatResp', 'ReadIndexResp'] as const) {
      expect(core.step(createMessage({ type, from: 'x', to: 'a', term: 1 }))).toBe('peerNotFound');
    }
    expect(core.hasReady()).toBe(false);
  });

  it.each([
    ['no term', { type: 'Heartbeat', from: 'b' }],
    ['no sender', { type: 'Vote', term: 1 }],
    ['a lane as sender', { type: 'App', from: APPEND_THREAD, term: 1 }],
    ['a gap', { type: 'App', from: 'b', term: 1, entries: [entry(2, 1)] }],
    ['a term above the sender’s', { type: 'App', from: 'b', term: 1, entries: [entry(1, 2)] }],
    ['terms that fall', { type: 'App', from: 'b', term: 3, entries: [entry(1, 3), entry(2, 2)] }],
    ['a fraction', { type: 'App', from: 'b', term: 1.5 }],
    ['a term that cannot be counted on from', { type: 'App', from: 'b', term: 2 ** 53 - 1 }],
    ['a negative commit', { type: 'Heartbeat', from: 'b', term: 1, commit: -1 }],
    ['no snapshot', { type: 'Snap', from: 'b', term: 1 }],
    ['a proposal of nothing', { type: 'Prop', from: 'b' }],
  ] as const)('malformed: %s', (_, fields) => {
    const one = new TestServer({ id: 'a', voters: IDS });
    expect(one.core.step(createMessage({ to: 'a', ...(fields as Partial<Message> & { type: MessageType }) }))).toBe(
      'malformed',
    );
    expect(one.core.basicStatus()).toMatchObject({ term: 0, lead: '' });
  });

  it('an acknowledgement of what was never sent is malformed', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    expect(net.core('a').step(createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 1, index: 99 }))).toBe(
      'malformed',
    );
    expect(net.core('a').progress('b')!.match).toBe(1);
  });

  it('whatever a peer sends, the core does not throw, 3,000 sequences', () => {
    const number = fc.oneof(fc.nat(6), fc.constantFrom(-1, 0.5, NaN, Infinity, 2 ** 53, Number.MAX_SAFE_INTEGER));
    const small = fc.nat(5);
    const entries = fc.array(
      fc.record({ index: small, term: small, type: fc.constantFrom(0, 1, 2), data: fc.uint8Array({ maxLength: 6 }) }),
      {
        maxLength: 3,
      },
    );
    const snapshot = fc.record({
      index: number,
      term: small,
      confState: fc.constantFrom(confStateWith(IDS), confStateWith([], ['a'])),
    });
    const message = fc.record({
      type: fc.constantFrom<MessageType>(...PEER_MESSAGE_TYPES),
      from: fc.constantFrom('b', 'c', 'x', ''),
      term: fc.oneof(small, small, number),
      index: fc.oneof(small, number),
      logTerm: fc.oneof(small, number),
      commit: fc.oneof(small, number),
      rejectHint: fc.oneof(small, number),
      reject: fc.boolean(),
      entries,
      context: fc.uint8Array({ maxLength: 9 }),
      snapshot: fc.option(snapshot, { nil: undefined }),
    });
    const property = fc.property(
      fc.array(message, { maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      (messages, lead, preVote) => {
        const storage = storageWithTerms([1, 1, 2], confStateWith(IDS), 1);
        const one = new TestServer({ id: 'a', storage, preVote, checkQuorum: preVote, asyncStorage: lead });
        if (lead) {
          one.core.campaign();
          one.settle();
          one.core.step(createMessage({ type: preVote ? 'PreVoteResp' : 'VoteResp', from: 'b', to: 'a', term: 3 }));
          one.settle();
          one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 3 }));
          one.settle();
        }
        for (const fields of messages) {
          one.core.step(createMessage({ ...fields, to: 'a' } as Partial<Message> & { type: MessageType }));
          one.core.tick();
          one.settle();
        }
      },
    );
    expect(() => fc.assert(property, { numRuns: 3000 })).not.toThrow();
  }, 60_000);
});

describe('ready', () => {
  it('Start: a server that is alone elects itself, commits, applies; then there is nothing to do', () => {
    const { core, storage } = new TestServer({ id: 'a' });
    core.campaign();
    const first = core.ready();
    expect(first).toMatchObject({
      softState: { role: 'candidate' },
      hardState: { term: 1, vote: 'a', commit: 0 },
      mustSync: true,
    });
    core.advance();
    const second = core.ready();
    expect(second).toMatchObject({ softState: { role: 'leader', lead: 'a' }, mustSync: true, hardState: undefined });
    expect(second.entries.map((one) => one.index)).toEqual([1]);
    storage.append(second.entries);
    core.advance();
    const third = core.ready();
    expect(third).toMatchObject({ hardState: { commit: 1 }, mustSync: false, entries: [] });
    expect(third.committed.map((one) => one.index)).toEqual([1]);
    core.advance();
    expect(core.hasReady()).toBe(false);
    expect([core.basicStatus().applied, types(core.ready().messages)]).toEqual([1, []]);
  });

  it('Restart, RestartFromSnapshot: what is committed and not applied is handed out again', () => {
    const storage = storageWithTerms([1, 1, 1], confStateWith(['a', 'b']), 2);
    const fresh = new TestServer({ id: 'a', storage });
    expect(fresh.core.ready().committed.map((one) => one.index)).toEqual([1, 2]);
    const applied = new TestServer({ id: 'a', storage, applied: 2 });
    expect(applied.core.hasReady()).toBe(false);
    const behind = new MemoryStorage();
    behind.applySnapshot({ index: 2, term: 1, confState: confStateWith(['a', 'b']) });
    behind.append([entry(3, 1)]);
    behind.setHardState({ term: 1, vote: '', commit: 3 });
    expect(new TestServer({ id: 'a', storage: behind }).core.ready().committed.map((one) => one.index)).toEqual([3]);
  });

  it('a stored commit index beyond the log is corruption', () => {
    const storage = storageWithTerms([1], confStateWith(['a']), 9);
    expect(() => new TestServer({ id: 'a', storage })).toThrow('commit 9');
  });

  it('CommitPaginationAfterRestart: no gap and no repetition, whatever the pages', () => {
    const storage = storageWithTerms([1, 1, 1, 1, 1, 1, 1], confStateWith(['a']), 6);
    const size = entrySize(entry(1, 1, 'x'));
    const one = new TestServer({ id: 'a', storage, maxCommittedSizePerReady: 2 * size });
    one.settle();
    expect(one.applied.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('CommitPagination: with asynchronous storage two batches are out, bounded together', () => {
    const size = entrySize(entry(1, 1, 'x'));
    const one = new TestServer({ id: 'a', asyncStorage: true, maxCommittedSizePerReady: 3 * size });
    one.core.campaign();
    one.settle();
    const batches: Message[] = [];
    const work = (): void => {
      const { storageAppend, storageApply } = one.core.ready();
      if (storageApply !== undefined) batches.push(storageApply);
      one.storage.append(storageAppend?.entries ?? []);
      for (const response of storageAppend?.responses ?? []) one.core.step(response);
    };
    for (const text of ['x', 'y', 'z', 'w', 'v']) {
      one.core.propose([bytes(text)]);
      work();
    }
    while (one.core.hasReady()) work();
    const indexes = (): number[][] => batches.map(({ entries }) => entries.map(({ index }) => index));
    // Nothing is acknowledged: the three that are out fill the quota.
    expect(indexes()).toEqual([[2], [3], [4]]);
    for (const response of batches[0]!.responses) one.core.step(response);
    while (one.core.hasReady()) work();
    expect(indexes()).toEqual([[2], [3], [4], [5]]);
  });

  it('AppendPagination: after a loss, appends are as large as they may be and no larger', () => {
    const net = new Network({ ids: IDS, server: { maxSizePerMsg: 2048 } });
    net.campaign('a');
    const sizes: number[] = [];
    const watch = (message: Message): boolean => {
      if (message.type === 'App' && message.to === 'b' && message.entries.length > 0)
        sizes.push(message.entries.reduce((sum, one) => sum + entrySize(one), 0));
      return true;
    };
    // What is lost piles up at the leader, which then has more to send than one message takes.
    net.isolate('a');
    for (let i = 0; i < 5; i++) net.propose('a', 'x'.repeat(1000));
    net.heal();
    net.filter(watch);
    net.beat('a');
    net.beat('a');
    expect(net.core('b').log.lastIndex()).toBe(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
    // Not one by one either.
    expect(Math.max(...sizes)).toBeGreaterThan(1024);
  });

  it('ConsumeReady: what was taken is not handed out again, and what comes meanwhile is in the next', () => {
    const one = asyncServer();
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    one.core.propose([bytes('first')]);
    const taken = one.core.ready();
    expect([taken.entries.map(({ index }) => index), types(taken.messages)]).toEqual([
      [1, 2],
      ['App', 'App'],
    ]);
    expect(one.core.hasReady()).toBe(false);
    for (const from of ['b', 'c']) one.core.step(createMessage({ type: 'AppResp', from, to: 'a', term: 1, index: 1 }));
    one.core.propose([bytes('second')]);
    const next = one.core.ready();
    expect([next.entries.map(({ index }) => index), next.softState, next.hardState?.commit]).toEqual([
      [3],
      undefined,
      1,
    ]);
    expect(one.core.hasReady()).toBe(false);
  });

  it('BoundedLogGrowthWithPartition: proposals without a quorum are dropped at the bound', () => {
    const one = asyncServer({ maxUncommittedSize: 1000 });
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    let accepted = 0;
    for (let i = 0; i < 100; i++) if (one.core.propose([new Uint8Array(100)]) === 'ok') accepted++;
    one.settle();
    expect([accepted, one.core.internals.uncommittedSize]).toEqual([10, 1000]);
  });

  it('two readies without advance are a broken contract', () => {
    const { core } = new TestServer({ id: 'a' });
    core.campaign();
    core.ready();
    expect(() => core.ready()).toThrow('before advance');
    expect(() => asyncServer().core.advance()).toThrow(TypeError);
  });
});

describe('asynchronous storage', () => {
  it('votes and acknowledgements, also rejections and the own, wait for the write; requests do not', () => {
    const one = asyncServer();
    one.core.campaign();
    const ready = one.core.ready();
    expect(types(ready.messages)).toEqual(['Vote', 'Vote']);
    expect(hardStateOf(ready.storageAppend!)).toEqual({ term: 1, vote: 'a', commit: 0 });
    expect(ready.storageAppend!.responses.map(({ type, to }) => [type, to])).toEqual([['VoteResp', 'a']]);
    one.core.step(createMessage({ type: 'Vote', from: 'b', to: 'a', term: 1 }));
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, index: 9, logTerm: 1 }));
    const next = one.core.ready();
    expect(next.messages).toEqual([]);
    expect(next.storageAppend!.responses.map(({ type, to, reject }) => [type, to, reject])).toEqual([
      ['VoteResp', 'b', true],
      ['AppResp', 'b', true],
    ]);
  });

  it('the own acknowledgement precedes the completion of the write', () => {
    const one = asyncServer();
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    expect(types(one.core.ready().storageAppend!.responses)).toEqual(['AppResp', 'StorageAppendResp']);
  });

  it('a pure commit update has no responses and needs no sync', () => {
    const one = asyncServer();
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, entries: [entry(1, 1)] }));
    one.settle();
    one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1, commit: 1 }));
    const ready = one.core.ready();
    expect([ready.mustSync, ready.storageAppend!.responses]).toEqual([false, []]);
  });

  it('a message that waits for no write makes none, also while entries are being written', () => {
    const one = asyncServer();
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, entries: [entry(1, 1)] }));
    expect(one.core.ready().storageAppend!.entries).toHaveLength(1);
    one.core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 1 }));
    const ready = one.core.ready();
    expect(types(ready.messages)).toEqual(['HeartbeatResp']);
    expect(ready.storageAppend).toBeUndefined();
  });

  it('only entries durable here are applied, though a quorum of others has them', () => {
    const one = asyncServer();
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    const { storageAppend } = one.core.ready();
    one.core.step(createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 1, index: 1 }));
    one.core.step(createMessage({ type: 'AppResp', from: 'c', to: 'a', term: 1, index: 1 }));
    expect(one.core.basicStatus().commit).toBe(1);
    expect(one.core.ready().storageApply).toBeUndefined();
    one.storage.append(storageAppend!.entries);
    for (const response of storageAppend!.responses) one.core.step(response);
    expect(one.core.ready().storageApply!.entries.map(({ index }) => index)).toEqual([1]);
  });

  it('ABA: entries replaced and replaced back are not durable by the first completion', () => {
    const one = asyncServer();
    const append = (from: string, term: number, entries: Entry[]): Message => {
      one.core.step(createMessage({ type: 'App', from, to: 'a', term, entries }));
      return one.core.ready().storageAppend!;
    };
    const first = append('b', 1, [entry(1, 1, 'A')]);
    append('c', 2, [entry(1, 2, 'B')]);
    const third = append('b', 3, [entry(1, 1, 'A'), entry(2, 3, '')]);
    for (const response of first.responses) if (response.to === 'a') one.core.step(response);
    // The write of B is still queued: it would replace A on the disk.
    expect(one.core.log.unstable.entries.length).toBe(2);
    for (const response of third.responses) if (response.to === 'a') one.core.step(response);
    expect(one.core.log.unstable.entries.length).toBe(0);
  });

  it('ABA with a batch of the same term: a batch that leaves with unstable entries names the last of them', () => {
    const one = asyncServer();
    one.core.step(createMessage({ type: 'App', from: 'b', to: 'a', term: 1, entries: [entry(1, 1)] }));
    const stale = one.core.ready().storageAppend!;
    one.core.step(createMessage({ type: 'Heartbeat', from: 'c', to: 'a', term: 2 }));
    const termChange = one.core.ready().storageAppend!;
    expect(termChange.entries).toEqual([]);
    expect(termChange.responses.at(-1)).toMatchObject({ type: 'StorageAppendResp', term: 2, index: 1, logTerm: 1 });
    for (const response of stale.responses) if (response.to === 'a') one.core.step(response);
    expect(one.core.log.unstable.entries.length).toBe(1);
    for (const response of termChange.responses) if (response.to === 'a') one.core.step(response);
    expect(one.core.log.unstable.entries.length).toBe(0);
  });

  it('the completion of a snapshot counts in any term', () => {
    const one = asyncServer();
    const snapshot = { index: 5, term: 1, confState: confStateWith(IDS) };
    one.core.step(createMessage({ type: 'Snap', from: 'b', to: 'a', term: 1, snapshot }));
    const { storageAppend } = one.core.ready();
    one.core.step(createMessage({ type: 'Heartbeat', from: 'c', to: 'a', term: 2 }));
    one.storage.applySnapshot(snapshot);
    for (const response of storageAppend!.responses) if (response.to === 'a') one.core.step(response);
    expect(one.core.basicStatus()).toMatchObject({ applied: 5, term: 2 });
    expect(one.core.log.unstable.snapshot).toBeUndefined();
  });
});

describe('old entries on a disk', () => {
  /** A leader whose window holds nothing of entries 1 … 5. */
  function leader(): { core: RaftCore; window: LogWindow; sent: () => readonly Message[]; disk: Entry[] } {
    const disk = [1, 2, 3, 4, 5].map((index) => entry(index, 1, String(index)));
    const window = new LogWindow({
      hardState: { term: 1, vote: '', commit: 2 },
      confState: confStateWith(['a', 'b']),
      boundary: { index: 0, term: 0 },
      lastIndex: 5,
      termRuns: [{ first: 1, term: 1 }],
      confIndexes: [],
      cacheBytes: 1,
    });
    const core = new RaftCore({ id: 'a', preVote: false, checkQuorum: false }, { storage: window, rand: () => 0 });
    const sent = (): readonly Message[] => {
      const ready = core.ready();
      window.append(ready.entries);
      for (const response of ready.storageAppend?.responses ?? []) if (response.to === 'a') core.step(response);
      for (const response of ready.storageApply?.responses ?? []) core.step(response);
      return ready.messages;
    };
    return { core, window, sent, disk };
  }

  function elect(core: RaftCore, sent: () => readonly Message[]): void {
    core.campaign();
    sent();
    core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 2 }));
    while (core.hasReady()) sent();
  }

  it('committed entries are asked for, then applied; nothing else waits', () => {
    const { core, disk } = leader();
    const ready = core.ready();
    expect(ready.reads).toMatchObject([{ peer: '', lo: 1, hi: 3 }]);
    expect([ready.committed, core.hasReady()]).toEqual([[], false]);
    core.entriesRead(ready.reads[0]!.id, disk.slice(0, 1));
    const next = core.ready();
    expect(next.committed.map(({ index }) => index)).toEqual([1]);
    for (const response of next.storageApply!.responses) core.step(response);
    const last = core.ready();
    expect(last.reads).toMatchObject([{ peer: '', lo: 2, hi: 3 }]);
    core.entriesRead(last.reads[0]!.id, disk.slice(1, 2));
    expect(core.ready().committed.map(({ index }) => index)).toEqual([2]);
  });

  it('a peer that lags gets them when they are read; meanwhile it is paused', () => {
    const { core, sent, disk } = leader();
    elect(core, sent);
    core.step(
      createMessage({
        type: 'AppResp',
        from: 'b',
        to: 'a',
        term: 2,
        index: 5,
        reject: true,
        rejectHint: 1,
        logTerm: 1,
      }),
    );
    const { reads, messages } = core.ready();
    expect([messages, reads.filter((read) => read.peer === 'b').map(({ lo }) => lo)]).toEqual([[], [2]]);
    expect(core.progress('b')!.paused).toBe(true);
    const read = reads.find(({ peer }) => peer === 'b')!;
    core.entriesRead(read.id, disk.slice(1, 3));
    expect(core.ready().messages).toMatchObject([
      { type: 'App', to: 'b', index: 1, entries: [{ index: 2 }, { index: 3 }] },
    ]);
    core.entriesRead(read.id, disk.slice(1, 3));
    expect(core.hasReady()).toBe(false);
  });

  it('an answer of an earlier term, or to nothing, is dropped', () => {
    const { core, sent, disk } = leader();
    elect(core, sent);
    core.step(
      createMessage({
        type: 'AppResp',
        from: 'b',
        to: 'a',
        term: 2,
        index: 5,
        reject: true,
        rejectHint: 1,
        logTerm: 1,
      }),
    );
    const read = core.ready().reads.find(({ peer }) => peer === 'b')!;
    core.step(createMessage({ type: 'Heartbeat', from: 'b', to: 'a', term: 3 }));
    core.entriesRead(read.id, disk.slice(1, 3));
    core.entriesRead(999, disk);
    expect(types(core.ready().messages)).toEqual(['HeartbeatResp']);
  });

  it('a peer that turned out to have them is not sent a snapshot, though they are compacted meanwhile', () => {
    const { core, sent, window } = leader();
    elect(core, sent);
    core.step(
      createMessage({
        type: 'AppResp',
        from: 'b',
        to: 'a',
        term: 2,
        index: 5,
        reject: true,
        rejectHint: 1,
        logTerm: 1,
      }),
    );
    const read = core.ready().reads.find(({ peer }) => peer === 'b')!;
    core.step(createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 2, index: 5 }));
    window.setSnapshot({ index: 4, term: 1, confState: confStateWith(['a', 'b']) });
    window.compact(4);
    core.entriesRead(read.id, 'compacted');
    expect(core.ready().messages).toMatchObject([{ type: 'App', index: 5, entries: [{ index: 6 }] }]);
    expect(core.progress('b')).toMatchObject({ match: 5, next: 7 });
  });

  it('compacted meanwhile: a snapshot is sent', () => {
    const { core, sent, window } = leader();
    elect(core, sent);
    core.step(
      createMessage({
        type: 'AppResp',
        from: 'b',
        to: 'a',
        term: 2,
        index: 5,
        reject: true,
        rejectHint: 1,
        logTerm: 1,
      }),
    );
    const read = core.ready().reads.find(({ peer }) => peer === 'b')!;
    window.setSnapshot({ index: 4, term: 1, confState: confStateWith(['a', 'b']) });
    window.compact(4);
    core.entriesRead(read.id, 'compacted');
    expect(core.ready().messages).toMatchObject([{ type: 'Snap', snapshot: { index: 4 } }]);
  });
});

describe('construction and events', () => {
  it.each([
    ['id', { id: '' }],
    ['id', { id: APPEND_THREAD }],
    ['electionTick', { electionTick: 1, heartbeatTick: 1 }],
    ['heartbeatTick', { heartbeatTick: 0 }],
    ['readOnly', { readOnly: 'lease', checkQuorum: false }],
    ['maxInflightMsgs', { maxInflightMsgs: 0 }],
    ['maxInflightBytes', { maxInflightBytes: 10, maxSizePerMsg: 20 }],
    ['maxCommittedSizePerReady', { maxCommittedSizePerReady: 0 }],
  ] as const)('what cannot work is refused: %s of %j', (name, options) => {
    const make = (): RaftCore => new RaftCore({ id: 'a', ...options }, { storage: new MemoryStorage(), rand: () => 0 });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(name);
  });

  it.each([
    ['a text as data', (core: RaftCore) => core.propose(['abc' as never])],
    ['a number as data', (core: RaftCore) => core.propose([bytes('x'), 5 as never])],
    ['nothing as data', (core: RaftCore) => core.proposeEntries([{ type: 0, data: undefined as never }])],
    ['an unknown type', (core: RaftCore) => core.proposeEntries([{ type: 3 as never, data: bytes('x') }])],
    ['a text as context', (core: RaftCore) => core.readIndex('abc' as never)],
    ['no number of ticks', (core: RaftCore) => core.setRandomizedElectionTimeout(NaN)],
    ['no tick', (core: RaftCore) => core.setRandomizedElectionTimeout(0)],
  ])('misuse is a TypeError on every role and changes nothing: %s', (_what, misuse) => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    for (const id of ['a', 'b']) {
      const { core } = net.get(id);
      const ticks = core.randomizedElectionTimeout;
      expect(() => misuse(core)).toThrow(TypeError);
      expect([core.log.lastIndex(), core.internals.uncommittedSize, core.hasReady()]).toEqual([1, 0, false]);
      expect(core.randomizedElectionTimeout).toBe(ticks);
    }
    expect(net.propose('b', 'x')).toBe('ok');
    expect(net.get('c').texts).toEqual(['x']);
  });

  it('events tell an election in order; without a sink none are made', () => {
    const events: TraceEvent[] = [];
    const one = new TestServer({ id: 'a', modules: { events: (event) => events.push(event) } });
    one.core.campaign();
    one.settle();
    expect(events.map((event) => `${traceLevel(event)} ${event.kind}`)).toEqual([
      'info switchedConfig',
      'info becameFollower',
      'info newRaft',
      'info startingElection',
      'info becameCandidate',
      'info receivedVoteResp',
      'info tally',
      'info becameLeader',
    ]);
  });

  it('status: plain data; peers only on the leader', () => {
    const net = new Network({ ids: IDS });
    net.campaign('a');
    expect(net.core('a').status()).toMatchObject({ role: 'leader', config: { voters: [IDS, []], autoLeave: false } });
    expect(
      net
        .core('a')
        .status()
        .peers.map(({ id, match }) => [id, match]),
    ).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(net.core('b').status().peers).toEqual([]);
    expect(net.core('a').progress('x')).toBeUndefined();
  });

  it('equal inputs give equal outputs', () => {
    const run = (): string => {
      const net = new Network({ ids: serverIds(5), server: { preVote: true, checkQuorum: true } });
      net.campaign('c');
      net.isolate('b');
      for (const text of ['x', 'y', 'z']) net.propose('c', text);
      net.heal();
      net.campaign('e');
      net.beat('c');
      return JSON.stringify(net.delivered);
    };
    expect(run()).toBe(run());
  });
});
