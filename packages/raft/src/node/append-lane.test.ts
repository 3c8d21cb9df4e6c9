import { ManualTime } from '@dkron/runtime/testing';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { describe, expect, it } from 'vitest';
import { confStateWith } from '../core/confchange/conf-state.ts';
import { createMessage, type Message } from '../core/message.ts';
import type { Entry } from '../core/types.ts';
import { StorageError } from '../storage/errors.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import type { LogBatch } from '../storage/ports.ts';
import { AppendLane } from './append-lane.ts';
import type { Host } from './host.ts';
import { createNodeMetrics } from './metrics.ts';
import { resolveNodeOptions } from './options.ts';

/** A log whose appends settle when the test says so. */
class SlowLog extends MemoryLog {
  readonly batches: LogBatch[] = [];
  waiting: (() => void)[] = [];
  full = false;
  blocks = false;

  override async append(batch: LogBatch, sync: boolean): Promise<void> {
    if (this.full) throw new StorageError('disk_full', 'no space', {});
    this.batches.push(batch);
    const released = new Promise<void>((resolve) => this.waiting.push(resolve));
    await super.append(batch, sync);
    await released;
  }
}

interface Bench {
  readonly log: SlowLog;
  readonly lane: AppendLane;
  readonly time: ManualTime;
  readonly stepped: string[];
  readonly fatal: unknown[];
  release(count: number): Promise<void>;
}

async function bench(
  role: 'leader' | 'follower' = 'follower',
  install: () => Promise<void> = async () => {},
): Promise<Bench> {
  const log = new SlowLog({});
  await log.open();
  const time = new ManualTime();
  const stepped: string[] = [];
  const fatal: unknown[] = [];
  const host = {
    options: resolveNodeOptions({ id: 'a', maxUnsyncedBytes: 10 }),
    modules: { log, clock: time, timers: time, logger: silentLogger, failpoint: () => {} },
    metrics: createNodeMetrics(noMetrics),
    core: {
      id: 'a',
      step: (message: Message) => stepped.push(`self:${message.index}`),
      basicStatus: () => ({ role }),
    },
    window: { append: () => {} },
    running: true,
    schedule: () => {},
    written: () => {},
    send: (messages: readonly Message[]) => stepped.push(...messages.map(({ to, index }) => `${to}:${index}`)),
    fatal: (error: unknown) => fatal.push(error),
  } as unknown as Host;
  const release = async (count: number): Promise<void> => {
    for (const resolve of log.waiting.splice(0, count)) resolve();
    await time.advance(0);
  };
  return { log, lane: new AppendLane(host, install), time, stepped, fatal, release };
}

function batch(entries: readonly (readonly [index: number, term: number])[], fields: Partial<Message> = {}): Message {
  const made = entries.map(([index, term]): Entry => ({ index, term, type: 0, data: new Uint8Array(4) }));
  return createMessage({ type: 'StorageAppend', from: 'a', entries: made, ...fields });
}

const ack = (to: string, index: number): Message => createMessage({ type: 'AppResp', from: 'a', to, index });

describe('AppendLane', () => {
  it('a leader about to stand still for the disk lets its appends leave first; a follower answers at once', async () => {
    const { lane, log, time } = await bench('leader');
    log.blocks = true;
    lane.submit(batch([[1, 1]], { term: 1 }), true);
    expect(log.batches).toHaveLength(0);
    lane.submit(batch([[2, 1]]), true);
    await time.advance(0);
    expect(log.batches.map(({ entries }) => entries![0]!.index)).toEqual([1, 2]);
    const follower = await bench();
    follower.log.blocks = true;
    follower.lane.submit(batch([[1, 1]], { term: 1 }), true);
    expect(follower.log.batches).toHaveLength(1);
  });

  it('I15: answers only when the batch and every earlier one are durable, in order', async () => {
    const { lane, release, stepped } = await bench();
    lane.submit(batch([[1, 1]], { term: 1, responses: [ack('a', 1)] }), true);
    lane.submit(batch([], { responses: [ack('b', 1)] }), false);
    lane.submit(batch([[2, 1]], { responses: [ack('b', 2)] }), true);
    expect(stepped).toEqual([]);
    await release(1);
    expect(stepped).toEqual(['self:1', 'b:1']);
    await release(1);
    expect(stepped).toEqual(['self:1', 'b:1', 'b:2']);
  });

  it('a commit index alone costs no write: it goes with the next batch, or after ten ticks', async () => {
    const { lane, log, release } = await bench();
    lane.submit(batch([[1, 1]], { term: 1 }), true);
    await release(1);
    lane.submit(batch([], { term: 1, commit: 1 }), false);
    expect(log.batches).toHaveLength(1);
    lane.submit(batch([[2, 1]]), true);
    await release(1);
    expect(log.batches[1]).toMatchObject({ commit: 1 });
    lane.submit(batch([], { term: 1, commit: 2 }), false);
    for (let i = 0; i < 10; i++) lane.tick();
    expect(log.batches[2]).toEqual({ commit: 2 });
  });

  it('a batch never carries a commit index that is about later entries', async () => {
    const { lane, log, release, time, fatal } = await bench();
    lane.submit(
      batch(
        [
          [1, 1],
          [2, 1],
        ],
        { term: 1 },
      ),
      true,
    );
    await release(1);
    log.full = true;
    lane.submit(batch([[3, 1]], {}), true);
    await time.advance(0);
    // Entry 3 is replaced by another, and that one is committed.
    lane.submit(batch([[3, 2]], { term: 2, commit: 3 }), true);
    log.full = false;
    lane.tick();
    await release(0);
    expect(log.batches.slice(1).map(({ hardState, commit }) => hardState?.commit ?? commit)).toEqual([undefined, 3]);
    expect(log.batches[2]).toMatchObject({ truncateFrom: 3 });
    expect(fatal).toEqual([]);
  });

  it('a commit index that finds no room while a snapshot is installed does not begin that anew', async () => {
    let installs = 0;
    let installed = (): void => {};
    const install = (): Promise<void> => {
      installs += 1;
      return new Promise((resolve) => (installed = resolve));
    };
    const { lane, log, release, stepped, fatal, time } = await bench('follower', install);
    lane.submit(batch([[1, 1]], { term: 1 }), true);
    await release(1);
    lane.submit(batch([], { term: 1, commit: 1 }), false);
    log.full = true;
    for (let i = 0; i < 10; i++) lane.tick();
    const snapshot = { index: 9, term: 1, confState: confStateWith(['a']) };
    lane.submit(batch([], { snapshot, commit: 9, term: 1, responses: [ack('b', 9)] }), true);
    await time.advance(0);
    log.full = false;
    for (let i = 0; i < 3; i++) {
      lane.tick();
      await time.advance(0);
    }
    expect([installs, stepped]).toEqual([1, []]);
    installed();
    await time.advance(0);
    expect([installs, stepped, fatal]).toEqual([1, ['b:9'], []]);
    expect(lane.full).toBe(false);
  });

  it('says how much waits, and when there is room again', async () => {
    const { lane, release } = await bench();
    for (let i = 1; i <= 3; i++) lane.submit(batch([[i, 1]], i === 1 ? { term: 1 } : {}), true);
    expect(lane.unsyncedBytes).toBe(12);
    const room = lane.room();
    expect(room).toBeInstanceOf(Promise);
    await release(1);
    await release(1);
    await room;
    expect([lane.unsyncedBytes, lane.room()]).toEqual([4, undefined]);
  });

  it('however long the disk takes, what waits for it without writing is a few answers for each peer', async () => {
    const { lane, release, stepped } = await bench();
    lane.submit(batch([[1, 1]], { term: 1, responses: [ack('a', 1)] }), true);
    for (let i = 0; i < 1000; i++) {
      const rejection = createMessage({ type: 'AppResp', from: 'a', to: 'b', term: 2, index: 1000 + i, reject: true });
      const done = createMessage({ type: 'StorageAppendResp', to: 'a', term: 2, index: i + 1 });
      // Late appends are acknowledged with less than what was acknowledged before.
      const responses = [ack('b', i === 999 ? 1 : i), ack('c', 1), rejection, done];
      lane.submit(batch([], { responses }), false);
    }
    lane.submit(batch([[2, 2]], { term: 2, responses: [ack('b', 2)] }), true);
    lane.submit(batch([], { responses: [ack('b', 3)] }), false);
    await release(1);
    // In the order in which they were due.
    expect(stepped.toSorted()).toEqual(['b:1999', 'b:998', 'c:1', 'self:1', 'self:1000']);
    expect(stepped.at(-1)).toBe('b:1999');
    await release(1);
    expect(stepped.slice(5)).toEqual(['b:2', 'b:3']);
  });

  it('knows since when the disk is silent', async () => {
    const { lane, release, time } = await bench();
    expect(lane.busySinceMs).toBeUndefined();
    lane.submit(batch([[1, 1]], { term: 1 }), true);
    await time.advance(50);
    expect(time.monotonicMs() - lane.busySinceMs!).toBe(50);
    await release(1);
    expect(lane.busySinceMs).toBeUndefined();
  });

  it('any other failure is fatal, and nothing is answered', async () => {
    const { lane, log, time, fatal, stepped } = await bench();
    log.append = async () => {
      throw new StorageError('log_failed', 'EIO', {});
    };
    lane.submit(batch([[1, 1]], { term: 1, responses: [ack('b', 1)] }), true);
    await time.advance(0);
    expect([fatal.length, stepped]).toEqual([1, []]);
  });
});
