import { describe, expect, it } from 'vitest';
import { silentLogger } from '@dkron/runtime';
import { ManualTime } from '@dkron/runtime/testing';
import { Joiner, type Contacted, type JoinerModules, type JoinerOptions } from './joiner.ts';
import type { ClusterError } from '../errors.ts';

interface Place {
  readonly time: ManualTime;
  readonly joiner: Joiner;
  /** When it was tried, milliseconds. */
  readonly tries: number[];
  readonly errors: ClusterError[];
  alive: number;
  answer: (addresses: readonly string[]) => Contacted | Error;
}

const nobody = (addresses: readonly string[]): Contacted => ({
  names: [],
  failed: addresses.map((address) => ({ address, why: 'refused' })),
});

function placeOf(options: Partial<JoinerOptions>, modules: Partial<JoinerModules> = {}): Place {
  const time = new ManualTime();
  const tries: number[] = [];
  const errors: ClusterError[] = [];
  const joiner = new Joiner(
    { targets: ['b:1'], ...options },
    {
      resolve: async (target) => [target],
      contact: async (addresses) => {
        tries.push(time.monotonicMs());
        const answer = place.answer(addresses);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      self: 'a',
      servers: () => ({ alive: place.alive, wanted: 3 }),
      clock: time,
      timers: time,
      logger: silentLogger,
      onExhausted: (error) => errors.push(error),
      ...modules,
    },
  );
  const place: Place = { time, joiner, tries, errors, alive: 1, answer: nobody };
  return place;
}

describe('tries', () => {
  it('follow each other after 0.25, 0.5, 1 … s up to the interval, and do not end', async () => {
    const place = placeOf({ retryIntervalMs: 3000 });
    place.joiner.start();
    await place.time.advance(14_000);
    expect(place.tries).toEqual([0, 250, 750, 1750, 3750, 6750, 9750, 12_750]);
    expect(place.errors).toEqual([]);
    place.joiner.stop();
    expect(place.time.pendingCount).toBe(0);
  });

  it('go on after a success while servers are missing, rest while all are there, and begin again when one is gone', async () => {
    const place = placeOf({ retryIntervalMs: 1000 });
    place.answer = () => ({ names: ['a', 'b'], failed: [] });
    place.alive = 2;
    place.joiner.start();
    await place.time.advance(2000);
    expect(place.tries).toEqual([0, 250, 750, 1750]);
    place.alive = 3;
    await place.time.advance(10_000);
    expect(place.tries.length).toBe(4);
    place.alive = 2;
    await place.time.advance(900);
    expect(place.tries.length).toBe(5);
    expect(place.joiner.joined).toBe(true);
  });

  it('names are resolved anew each time', async () => {
    let resolved = 0;
    const place = placeOf({ targets: ['x', 'y'] }, { resolve: async (target) => [`${target}${++resolved}`] });
    const asked: (readonly string[])[] = [];
    place.answer = (addresses) => {
      asked.push(addresses);
      return nobody(addresses);
    };
    place.joiner.start();
    await place.time.advance(300);
    expect(asked).toEqual([
      ['x1', 'y2'],
      ['x3', 'y4'],
    ]);
  });

  it('reaching oneself is no success', async () => {
    const place = placeOf({});
    place.answer = () => ({ names: ['a'], failed: [] });
    place.alive = 3;
    place.joiner.start();
    await place.time.advance(800);
    expect(place.tries).toEqual([0, 250, 750]);
    expect(place.joiner.joined).toBe(false);
  });
});

describe('retry-max', () => {
  it('G-C6: exhausted, it says what was tried and ends', async () => {
    const place = placeOf(
      { targets: ['b:1', 'c:1'], retryMax: 2 },
      {
        resolve: async (target) => {
          if (target === 'c:1') throw new Error('no such host');
          return [target];
        },
      },
    );
    place.joiner.start();
    await place.time.advance(60_000);
    expect(place.tries).toEqual([0, 250, 750]);
    expect(place.errors).toHaveLength(1);
    expect(place.errors[0]).toMatchObject({ code: 'join_exhausted', details: { tries: 3 } });
    expect(place.errors[0]!.message).toContain('c:1: no such host; b:1: refused');
  });

  it('does not count any more once somebody was reached', async () => {
    const place = placeOf({ retryMax: 1, retryIntervalMs: 250 });
    place.joiner.start();
    place.answer = () => ({ names: ['b'], failed: [] });
    await place.time.advance(300);
    place.answer = () => new Error('gossip is down');
    await place.time.advance(60_000);
    expect(place.errors).toEqual([]);
    expect(place.tries.length).toBeGreaterThan(100);
  });
});

describe('the first round', () => {
  const ended = async ({ joiner }: Place): Promise<boolean> =>
    await Promise.race([joiner.firstRound.then(() => true), Promise.resolve().then(() => false)]);

  it('ends with the first try, whatever came of it', async () => {
    const place = placeOf({});
    expect(await ended(place)).toBe(false);
    place.joiner.start();
    await place.time.advance(0);
    expect(await ended(place)).toBe(true);
  });

  it('ends after ten seconds when a target hangs', async () => {
    const place = placeOf({}, { resolve: () => new Promise(() => {}) });
    place.joiner.start();
    await place.time.advance(9999);
    expect(await ended(place)).toBe(false);
    await place.time.advance(1);
    expect(await ended(place)).toBe(true);
  });

  it('without targets there is nothing to wait for, and nothing is tried', async () => {
    const place = placeOf({ targets: [] });
    place.joiner.start();
    expect(await ended(place)).toBe(true);
    await place.time.advance(60_000);
    expect(place.tries).toEqual([]);
    expect(place.time.pendingCount).toBe(0);
  });
});
