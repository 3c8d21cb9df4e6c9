import { setImmediate as turn } from 'node:timers/promises';
import { ManualTime } from '@dkron/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionPool, type ConnectionSource, type Lease } from './connection-pool.ts';

interface Fake {
  readonly id: number;
  closed: boolean;
}

const never = new AbortController().signal;
let time: ManualTime;
let opened: Fake[];
let loseLast: () => void;
let pool: ConnectionPool<Fake>;

const source: ConnectionSource<Fake> = {
  open: (_signal, lost) => {
    loseLast = lost;
    const fake = { id: opened.length, closed: false };
    opened.push(fake);
    return Promise.resolve(fake);
  },
  close: (fake) => void (fake.closed = true),
};

const acquire = (key: string): Promise<Lease<Fake>> => pool.acquire(key, source, never);

beforeEach(() => {
  time = new ManualTime();
  opened = [];
  pool = new ConnectionPool({ connectionsMax: 2, idleMs: 1_000, openMs: 500 }, { timers: time });
});

describe('ConnectionPool', () => {
  it('shares one connection of a key, and keeps it while it is used again in time', async () => {
    const [a, b] = await Promise.all([acquire('k'), acquire('k')]);
    expect(a.connection).toBe(b.connection);
    a.release();
    await time.advance(5_000);
    b.release();
    b.release();
    await time.advance(999);
    const again = await acquire('k');
    expect(again.connection).toBe(a.connection);
    again.release();
    await time.advance(1_000);
    await turn();
    expect([opened.length, a.connection.closed, pool.size]).toEqual([1, true, 0]);
  });

  it('closes what was idle longest for a new key, and makes others wait in turn while all are in use', async () => {
    const a = await acquire('a');
    const b = await acquire('b');
    a.release();
    const c = await acquire('c');
    expect(a.connection.closed).toBe(true);
    const order: string[] = [];
    const d = acquire('d').then((lease) => (order.push('d'), lease));
    const e = acquire('e').then((lease) => (order.push('e'), lease));
    await turn();
    expect([order, opened.length, pool.size]).toEqual([[], 3, 2]);
    b.release();
    (await d).release();
    (await e).release();
    expect(order).toEqual(['d', 'e']);
    c.release();
    await pool.close();
    expect(opened.every(({ closed }) => closed)).toBe(true);
  });

  it('two places that become free at once wake two', async () => {
    const [a, b] = [await acquire('a'), await acquire('b')];
    const waiting = Promise.all([acquire('c'), acquire('d')]);
    await turn();
    a.release();
    b.release();
    expect((await waiting).length).toBe(2);
  });

  it('gives a broken or lost connection to nobody any more', async () => {
    const first = await acquire('k');
    const second = await acquire('k');
    first.release(true);
    expect(first.connection.closed).toBe(false);
    const third = await acquire('k');
    expect(third.connection).not.toBe(first.connection);
    second.release();
    await turn();
    expect(second.connection.closed).toBe(true);
    loseLast();
    await turn();
    expect((await acquire('k')).connection).not.toBe(third.connection);
  });

  it('one that stops waiting leaves the others theirs; the last aborts the opening', async () => {
    const opening = Promise.withResolvers<Fake>();
    let aborted = false;
    const slow: ConnectionSource<Fake> = {
      open: (signal) => {
        signal.addEventListener('abort', () => (aborted = true));
        return opening.promise;
      },
      close: source.close,
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const a = pool.acquire('k', slow, one.signal);
    const b = pool.acquire('k', slow, two.signal);
    one.abort(new Error('enough'));
    await expect(a).rejects.toThrow('enough');
    expect(aborted).toBe(false);
    two.abort(new Error('enough too'));
    await expect(b).rejects.toThrow('enough too');
    expect([aborted, pool.size]).toEqual([true, 0]);
    const late = { id: 9, closed: false };
    opening.resolve(late);
    await turn();
    expect(late.closed).toBe(true);
  });

  it('ends an opening that takes too long, and tries anew next time', async () => {
    const hanging = pool.acquire('k', { open: () => new Promise(() => {}), close: source.close }, never);
    await Promise.all([expect(hanging).rejects.toMatchObject({ code: 'open_timeout' }), time.advance(500)]);
    expect((await acquire('k')).connection.id).toBe(0);
  });

  it('does not keep a failed opening', async () => {
    const failing = { open: () => Promise.reject(new Error('refused')), close: source.close };
    await expect(pool.acquire('k', failing, never)).rejects.toThrow('refused');
    await turn();
    expect(pool.size).toBe(0);
    expect((await acquire('k')).connection.id).toBe(0);
  });

  it('a closed one gives nothing, also to those who wait', async () => {
    await acquire('a');
    await acquire('b');
    const waiting = acquire('c');
    await turn();
    await pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await expect(acquire('a')).rejects.toMatchObject({ code: 'closed' });
    expect(opened.every(({ closed }) => closed)).toBe(true);
  });
});
