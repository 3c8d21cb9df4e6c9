import { setImmediate } from 'node:timers/promises';
import type { Command } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { StoreError } from './errors.ts';
import { MemoryKeyValue } from './memory/index.ts';
import type { WriteOp } from './ports.ts';
import type { StoreEntry } from './store.ts';
import { finished, jobDefinition, manualRun, putJob, tickDecision } from './testing/fixtures.ts';
import { openHarness } from './testing/harness.ts';
import { jsonCodec } from './testing/index.ts';

const encoded = (index: bigint, command: Command): StoreEntry => ({ index, data: jsonCodec.command.encode(command) });

class FailingKeyValue extends MemoryKeyValue {
  failure: Error | undefined;

  override async batch(ops: readonly WriteOp[]): Promise<void> {
    if (this.failure !== undefined) {
      throw this.failure;
    }
    await super.batch(ops);
  }
}

describe('apply', () => {
  it('handles a batch in one write; each command sees what the one before did', async () => {
    const { kv, store } = await openHarness();
    const batches: number[] = [];
    const write = kv.batch.bind(kv);
    kv.batch = async (ops, options) => {
      batches.push(ops.length);
      await write(ops, options);
    };
    const tick = { type: 'decideTicks' as const, stamp: 70n, decisions: [tickDecision('a', 5, 70n)] };
    const results = await store.apply([
      encoded(5n, putJob(10n, jobDefinition('a'))),
      encoded(6n, tick),
      encoded(9n, { type: 'executionUpdates', stamp: 80n, updates: [finished('70-n1', 'success')] }),
    ]);
    expect(results).toMatchObject([{ created: true }, { stale: [] }, { results: ['applied'] }]);
    expect(batches).toHaveLength(1);
    expect([store.appliedIndex(), store.lastStamp()]).toEqual([9n, 80n]);
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 1, status: 'success' });
  });

  it('tells listeners which entry each event of a batch belongs to', async () => {
    const { store } = await openHarness();
    const told: unknown[] = [];
    store.onApplied((events, entries) => {
      told.push(
        entries.map(({ index, end }, i) => [
          index,
          events.slice(entries[i - 1]?.end ?? 0, end).map((event) => event.type),
        ]),
      );
    });
    const batch = [
      putJob(10n, jobDefinition('a')),
      { type: 'putSetting' as const, stamp: 20n, key: 'k', value: 'v' },
      putJob(30n, jobDefinition('b')),
    ];
    await store.apply(batch.map((command, i) => encoded(BigInt(5 + i), command)));
    expect(told).toEqual([
      [
        [5n, ['job']],
        [7n, ['job']],
      ],
    ]);
  });

  it('names the jobs that a batch changed, once each, when readers see the change', async () => {
    const { store, apply } = await openHarness();
    const told: (string | number | undefined)[][] = [];
    const stop = store.onJobsChanged((names) => {
      told.push([...names].flatMap((name) => [name, store.getJob(name)?.state.revision]));
    });
    const tick = { type: 'decideTicks' as const, stamp: 70n, decisions: [tickDecision('a', 5, 70n)] };
    await store.apply([
      encoded(5n, putJob(10n, jobDefinition('a'))),
      encoded(6n, tick),
      encoded(7n, { type: 'putSetting', stamp: 75n, key: 'k', value: 'v' }),
    ]);
    await apply({ type: 'executionUpdates', stamp: 80n, updates: [finished('70-n1', 'success')] });
    await apply({ type: 'deleteJob', stamp: 90n, name: 'a', precondition: null });
    stop();
    await apply(putJob(100n, jobDefinition('b')));
    expect(told).toEqual([
      ['a', 2],
      ['a', 4],
      ['a', undefined],
    ]);
  });

  it('takes commands already decoded, and refuses an index it has applied', async () => {
    const { store } = await openHarness();
    const command = putJob(10n, jobDefinition('a'));
    await store.apply([{ ...encoded(5n, command), command }]);
    await expect(store.apply([encoded(5n, command)])).rejects.toMatchObject({ code: 'bad_index' });
  });

  it('shows and tells nothing before the write, and everything in the turn after it', async () => {
    const { kv, store, events } = await openHarness();
    let release = (): void => {};
    const write = kv.batch.bind(kv);
    kv.batch = async (ops) => {
      await new Promise<void>((resolve) => (release = resolve));
      await write(ops);
    };
    const applied = store.apply([encoded(1n, putJob(10n, jobDefinition('a')))]);
    await setImmediate();
    expect([store.hasJob('a'), events.length]).toEqual([false, 0]);
    release();
    await applied;
    expect([store.hasJob('a'), events.length]).toEqual([true, 1]);
  });

  it('a full disk stops the store loudly: memory and disk stay, later batches are refused, a new start works', async () => {
    const kv = new FailingKeyValue();
    const { store, apply, events } = await openHarness({}, kv);
    await apply(putJob(10n, jobDefinition('a')));
    events.length = 0;
    kv.failure = new Error('IO error: No space left on device');
    await expect(apply(putJob(20n, jobDefinition('b')))).rejects.toMatchObject({ code: 'disk_full' });
    expect([[...store.jobNames()], events, store.failure?.code]).toEqual([['a'], [], 'disk_full']);
    kv.failure = undefined;
    await expect(apply(putJob(20n, jobDefinition('b')))).rejects.toMatchObject({ code: 'store_stopped' });
    const again = await openHarness({}, kv);
    expect([...again.store.jobNames()]).toEqual(['a']);
    expect(again.store.stateHash()).toEqual(store.stateHash());
  });

  it('an unknown command stops apply', async () => {
    const { store, apply } = await openHarness();
    const unknown = { type: 'later', stamp: 5n } as unknown as Command;
    await expect(apply(unknown)).rejects.toSatisfy(
      (error) => error instanceof StoreError && error.code === 'unknown_command' && error.message.includes('"later"'),
    );
    expect(store.failure?.code).toBe('unknown_command');
  });

  it('G-R9: a job that cannot be read is left out, the others are served', async () => {
    const { kv, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(putJob(11n, jobDefinition('c')));
    await kv.batch([{ type: 'put', key: new TextEncoder().encode('jb\0d'), value: new Uint8Array([1]) }]);
    const again = await openHarness({}, kv);
    expect([...again.store.jobNames()]).toEqual(['a', 'c']);
  });
});

describe('snapshot and restore', () => {
  it('G-R5: restoring replaces the state, nothing of the old one stays', async () => {
    const source = await openHarness();
    await source.apply(putJob(10n, jobDefinition('kept')));
    await source.apply(manualRun(20n, 'kept'));
    const target = await openHarness();
    await target.apply(putJob(10n, jobDefinition('old')));
    await target.apply({ type: 'setPause', stamp: 12n, scope: 'schedule', paused: true });
    let restored = 0;
    target.store.onRestored(() => restored++);
    await target.store.restore(source.store.snapshot());
    expect([...target.store.jobNames()]).toEqual(['kept']);
    expect(target.store.paused('schedule')).toBe(false);
    expect(target.store.openRuns('kept')).toEqual(source.store.openRuns('kept'));
    expect(target.store.stateHash()).toEqual(source.store.stateHash());
    expect(restored).toBe(1);
    const again = await openHarness({}, target.kv);
    expect([...again.store.jobNames()]).toEqual(['kept']);
  });

  it('G-R6: a snapshot is of the moment it began, whatever is applied while it is written', async () => {
    const source = await openHarness();
    await source.apply(putJob(10n, jobDefinition('a')));
    const before = source.store.stateHash();
    const chunks: Uint8Array[] = [];
    const stream = source.store.snapshot();
    await source.apply(putJob(15n, jobDefinition('before the first read')));
    for await (const chunk of stream) {
      if (chunks.length === 0) {
        // Nothing but the magic has been read so far.
        await source.apply(putJob(20n, jobDefinition('later')));
      }
      chunks.push(chunk);
    }
    const target = await openHarness();
    await target.store.restore(inTurn(chunks));
    expect([...target.store.jobNames()]).toEqual(['a']);
    expect(target.store.stateHash()).toEqual(before);
  });

  it('lets go of its view once: read to the end, broken off, or not read at all', async () => {
    const { kv, store, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    let closed = 0;
    const open = kv.snapshot.bind(kv);
    kv.snapshot = () => {
      const view = open();
      const close = view.close.bind(view);
      view.close = async () => {
        closed++;
        await close();
      };
      return view;
    };
    const read = store.snapshot();
    for await (const chunk of read) expect(chunk.length).toBeGreaterThan(0);
    await read.close();
    expect(closed).toBe(1);
    const broken = store.snapshot();
    for await (const chunk of broken) if (chunk.length > 0) break;
    await broken.close();
    expect(closed).toBe(2);
    const unread = store.snapshot();
    await unread.close();
    await unread.close();
    expect(closed).toBe(3);
  });

  it('refuses a damaged or cut stream and keeps the state', async () => {
    const source = await openHarness();
    for (let i = 0; i < 50; i++) {
      await source.apply(putJob(BigInt(i + 1), jobDefinition(`job${i}`)));
    }
    const whole = Buffer.concat(await collect(source.store.snapshot()));
    const target = await openHarness();
    await target.apply(putJob(10n, jobDefinition('old')));
    const flipped = Buffer.from(whole);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    for (const damaged of [
      whole.subarray(0, -1),
      whole.subarray(0, -20),
      flipped,
      Buffer.concat([whole, Buffer.alloc(12)]),
      Buffer.from('not a snapshot'),
    ]) {
      await expect(target.store.restore(inTurn([damaged]))).rejects.toMatchObject({ code: 'bad_snapshot' });
      expect([...target.store.jobNames()]).toEqual(['old']);
    }
    await target.store.restore(inTurn([whole.subarray(0, 3), whole.subarray(3)]));
    expect(target.store.jobCount()).toBe(50);
  });
});

async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* chunks;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) {
    all.push(chunk);
  }
  return all;
}
