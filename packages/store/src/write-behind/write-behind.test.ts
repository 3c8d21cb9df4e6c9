import fc from 'fast-check';
import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { MemoryKeyValue } from '../memory/index.ts';
import type { KeyValueReader, WriteOp, WriteOptions } from '../ports.ts';
import { keyValueSuite } from '../suite/index.ts';
import { WriteBehind } from './index.ts';
import type { WriteBehindOptions } from './index.ts';

/** Remembers what it was asked, and waits or fails when told to. */
class WatchedKeyValue extends MemoryKeyValue {
  readonly asked: { readonly ops: readonly WriteOp[]; readonly sync: boolean }[] = [];
  gate: Promise<void> = Promise.resolve();
  error: Error | undefined;
  onAsked: () => void = () => undefined;

  override async batch(ops: readonly WriteOp[], { sync = false }: WriteOptions = {}): Promise<void> {
    this.asked.push({ ops, sync });
    this.onAsked();
    await this.gate;
    if (this.error !== undefined) throw this.error;
    await super.batch(ops);
  }

  get sizes(): number[] {
    return this.asked.map(({ ops }) => ops.length);
  }
}

function behind(options: WriteBehindOptions = {}) {
  const time = new ManualTime();
  const stored = new WatchedKeyValue();
  const failures: string[] = [];
  const kv = new WriteBehind(options, { kv: stored, timers: time, onFailed: ({ code }) => failures.push(code) });
  return { time, stored, failures, kv };
}

function closedGate(stored: WatchedKeyValue): () => void {
  let open = (): void => undefined;
  stored.gate = new Promise((resolve) => (open = resolve));
  return open;
}

const put = (key: number, value: number): WriteOp => ({
  type: 'put',
  key: new Uint8Array([key]),
  value: new Uint8Array([value]),
});
const asFresh = (op: WriteOp): WriteOp => (op.type === 'put' ? { ...op, fresh: true } : op);
const del = (key: number): WriteOp => ({ type: 'del', key: new Uint8Array([key]) });

async function all(kv: KeyValueReader): Promise<number[][]> {
  const found: number[][] = [];
  for await (const [key, value] of kv.iterate({})) found.push([...key, ...value]);
  return found;
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

keyValueSuite('what is not handed on yet', { describe, it }, async () => behind().kv);
keyValueSuite('what is handed on at once', { describe, it }, async () => behind({ eagerBytes: 0 }).kv);
keyValueSuite('what is being written', { describe, it }, async () => {
  const { kv, stored } = behind({ eagerBytes: 0 });
  const { batch } = stored;
  // A tenth of a millisecond of microtasks: reads come first.
  stored.batch = async (...args) => {
    for (let i = 0; i < 200; i++) await Promise.resolve();
    return batch.apply(stored, args);
  };
  return kv;
});

describe('WriteBehind', () => {
  it('hands several batches on as one, the last operation on a key alone', async () => {
    const { kv, stored, time } = behind({ delayMs: 50 });
    await kv.batch([put(1, 1), put(2, 1)]);
    await kv.batch([put(1, 2), del(2), put(3, 1)]);
    await time.advance(49);
    expect([stored.sizes, await all(kv)]).toEqual([
      [],
      [
        [1, 2],
        [3, 1],
      ],
    ]);
    await time.advance(1);
    expect([stored.sizes, await all(stored)]).toEqual([
      [3],
      [
        [1, 2],
        [3, 1],
      ],
    ]);
  });

  it('what is put fresh and removed before it is handed on does not get there; what was handed on is removed', async () => {
    const { kv, stored, time } = behind({ delayMs: 50 });
    const fresh = (key: number): WriteOp => asFresh(put(key, 1));
    await kv.batch([fresh(1), fresh(2), put(3, 1)]);
    await kv.batch([put(1, 2), del(1)]);
    expect(await all(kv)).toEqual([
      [2, 1],
      [3, 1],
    ]);
    await kv.batch([del(1)]);
    await time.advance(50);
    await settled();
    expect([stored.sizes, await all(stored)]).toEqual([
      [3],
      [
        [2, 1],
        [3, 1],
      ],
    ]);
    await kv.batch([del(2), fresh(2), del(3)]);
    await kv.batch([del(2)]);
    expect(await all(kv)).toEqual([]);
    await kv.batch([], { sync: true });
    expect(await all(stored)).toEqual([]);
  });

  it('does not wait once enough has come, and writes one batch at a time', async () => {
    const { kv, stored, time } = behind({ eagerBytes: 250 });
    const open = closedGate(stored);
    for (let i = 0; i < 3; i++) await kv.batch([put(i, i)]);
    expect(stored.sizes).toEqual([3]);
    for (let i = 3; i < 9; i++) await kv.batch([put(i, i)]);
    await time.advance(1000);
    expect(stored.sizes).toEqual([3]);
    expect(kv.getSync(new Uint8Array([0]))).toEqual(new Uint8Array([0]));
    expect(kv.getSync(new Uint8Array([8]))).toEqual(new Uint8Array([8]));
    open();
    await settled();
    expect(stored.sizes).toEqual([3, 6]);
  });

  it('makes batches wait when too much waits', async () => {
    const { kv, stored } = behind({ eagerBytes: 0, maxBytes: 1000 });
    const open = closedGate(stored);
    await kv.batch([put(1, 1)]);
    let taken = 0;
    const more = Array.from({ length: 20 }, (_, i) => kv.batch([put(i, i)]).then(() => (taken += 1)));
    await settled();
    expect(taken).toBeLessThan(12);
    open();
    await Promise.all(more);
    expect(taken).toBe(20);
  });

  it('a synced batch is written, then synced, with everything before it', async () => {
    const { kv, stored } = behind();
    await kv.batch([put(1, 1)]);
    await kv.batch([put(2, 2)], { sync: true });
    expect(stored.asked.map(({ ops, sync }) => [ops.length, sync])).toEqual([
      [2, false],
      [0, true],
    ]);
    await kv.batch([], { sync: true });
    expect(stored.asked.at(-1)).toEqual({ ops: [], sync: true });
  });

  it('a sync waits for what is being written, too', async () => {
    const { kv, stored } = behind({ eagerBytes: 0 });
    const open = closedGate(stored);
    await kv.batch([put(1, 1)]);
    await kv.batch([put(2, 2)]);
    const done = kv.batch([], { sync: true }).then(() => stored.asked.map(({ sync }) => sync));
    await settled();
    expect(stored.asked.map(({ sync }) => sync)).toEqual([false]);
    open();
    expect(await done).toEqual([false, false, true]);
  });

  it('a sync ends while more is taken all the time', async () => {
    const { kv, stored } = behind({ eagerBytes: 0 });
    let taken = 0;
    stored.onAsked = () => {
      if (taken < 100) void kv.batch([put(taken++, 1)]);
    };
    await kv.batch([put(200, 1)]);
    await kv.batch([put(201, 1)], { sync: true });
    const before = stored.asked.findIndex(({ sync }) => sync);
    expect(before).toBeGreaterThanOrEqual(2);
    expect(before).toBeLessThanOrEqual(4);
    stored.onAsked = () => undefined;
    await kv.close();
  });

  it('a failed write is told once, stays readable, and stops everything that follows', async () => {
    const { kv, stored, failures, time } = behind();
    stored.error = new Error('ENOSPC');
    await kv.batch([put(1, 1)]);
    await time.advance(50);
    await settled();
    expect(failures).toEqual(['disk_full']);
    expect(kv.getSync(new Uint8Array([1]))).toEqual(new Uint8Array([1]));
    await expect(kv.batch([put(2, 2)])).rejects.toMatchObject({ code: 'disk_full' });
    await expect(kv.batch([], { sync: true })).rejects.toMatchObject({ code: 'disk_full' });
    await kv.close();
    expect(failures).toEqual(['disk_full']);
  });

  it('writes what waits before it closes', async () => {
    const { kv, stored } = behind();
    const closed: (readonly number[])[] = [];
    stored.close = async () => void closed.push(...(await all(stored)));
    await kv.batch([put(1, 1)]);
    await kv.close();
    expect(closed).toEqual([[1, 1]]);
  });

  it('reads agree with a store that writes at once, whatever was handed on; a crash leaves what some batch left', async () => {
    const op = fc.record({ key: fc.nat(12), value: fc.option(fc.nat(255)) });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('batch' as const), ops: fc.array(op, { maxLength: 5 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(80) }) },
    );
    const walk = { gte: fc.nat(12), lt: fc.nat(13), reverse: fc.boolean(), limit: fc.option(fc.nat(8)) };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.record(walk),
        async (steps, { gte, lt, reverse, limit }) => {
          const { kv, stored, time } = behind({ eagerBytes: 1500 });
          const model = new MemoryKeyValue();
          const present = new Set<number>();
          const left = new Set([JSON.stringify([])]);
          const options = { reverse, ...(limit === null ? {} : { limit }) };
          const range = { gte: new Uint8Array([gte]), lt: new Uint8Array([lt]) };
          const seen = async (reader: KeyValueReader): Promise<number[][]> => {
            const found: number[][] = [];
            for await (const [key, value] of reader.iterate(range, options)) found.push([...key, ...value]);
            return found;
          };
          for (const one of steps) {
            if (one.kind === 'pass') await time.advance(one.ms);
            else {
              const ops = one.ops.map(({ key, value }) => {
                const op = value === null ? del(key) : present.has(key) ? put(key, value) : asFresh(put(key, value));
                if (value === null) present.delete(key);
                else present.add(key);
                return op;
              });
              await Promise.all([kv.batch(ops), model.batch(ops)]);
              left.add(JSON.stringify(await all(model)));
            }
            expect(await seen(kv)).toEqual(await seen(model));
            expect(await all(kv)).toEqual(await all(model));
            expect(left).toContain(JSON.stringify(await all(stored)));
          }
          const view = kv.snapshot();
          await kv.batch([put(3, 3)], { sync: true });
          expect(await seen(view)).toEqual(await seen(model));
          const key = new Uint8Array([gte]);
          expect([...((await view.get(key)) ?? [])]).toEqual([...((await model.get(key)) ?? [])]);
          await view.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
