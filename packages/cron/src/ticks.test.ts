import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../test/arbitrary.ts';
import { countTicks } from './count-ticks.ts';
import { nextN } from './next-n.ts';
import { parseSchedule } from './parse-schedule.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { ScheduleCache } from './schedule-cache.ts';

const at = parseRfc3339;
const SECOND = 1_000_000_000n;

describe('@every', () => {
  const schedule = parseSchedule('@every 90s', { anchor: 1000n * SECOND + 7n });

  it('ticks at anchor + n × delay for n ≥ 1, the anchor cut to whole seconds', () => {
    expect(schedule.next(0n)).toBe(1090n * SECOND);
    expect(schedule.next(1090n * SECOND - 1n)).toBe(1090n * SECOND);
    expect(schedule.next(1090n * SECOND)).toBe(1180n * SECOND);
    expect(schedule.nextSeconds(1090)).toBe(1180);
    expect(schedule.previous(1090n * SECOND)).toBeUndefined();
    expect(schedule.previous(1090n * SECOND + 1n)).toBe(1090n * SECOND);
    expect(schedule.previous(1180n * SECOND)).toBe(1090n * SECOND);
  });

  it.each([
    ['@every 10ms', 1n],
    ['@every -1h', 1n],
    ['@every 1999ms', 1n],
    ['@every 2s', 2n],
  ])('%s has a delay of whole seconds, at least one', (text, delay) => {
    expect(parseSchedule(text).next(0n)).toBe(delay * SECOND);
  });
});

describe('@at, @after, @manually', () => {
  it('G-S7: have one tick, or none', () => {
    const due = at('2030-01-01T00:00:00.5Z');
    for (const text of ['@at 2030-01-01T00:00:00.5Z', '@after 2030-01-01T00:00:00.5Z <PT30M']) {
      const schedule = parseSchedule(text);
      expect(schedule.next(due - 1n)).toBe(due);
      expect(schedule.next(due)).toBeUndefined();
      expect(schedule.previous(due)).toBeUndefined();
      expect(schedule.previous(due + 1n)).toBe(due);
      expect(schedule.nextSeconds(0)).toBe(Number(due / SECOND) + 1);
      expect(schedule.graceNanos).toBe(text.startsWith('@at') ? 0n : 1800n * SECOND);
      expect(schedule.timezone).toBeUndefined();
    }
    expect(parseSchedule('@manually').next(0n)).toBeUndefined();
    expect(parseSchedule('@manually').nextSeconds(0)).toBeNaN();
  });
});

describe('countTicks', () => {
  it('equals stepping, for any schedule; the end is inclusive', () => {
    const texts = fc.oneof(
      plainText,
      fc.integer({ min: 1, max: 90_000 }).map((n) => `@every ${n}s`),
      fc.constant('@at 2026-01-02T00:00:00Z'),
    );
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 300_000 }),
        (text, start, length) => {
          const schedule = parseSchedule(text, { anchor: at('2026-01-01T01:00:00Z') });
          const after = at('2026-01-01T00:00:00Z') + BigInt(start) * SECOND;
          const until = after + BigInt(length) * SECOND;
          const ticks: bigint[] = [];
          for (let tick = schedule.next(after); tick !== undefined && tick <= until; tick = schedule.next(tick))
            ticks.push(tick);
          expect(countTicks(schedule, after, until, 1_000_000)).toEqual({
            count: ticks.length,
            first: ticks[0],
            last: ticks.at(-1),
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stops counting at max, but still names the last tick', () => {
    const [after, until] = [at('2026-01-01T00:00:00Z'), at('2026-01-02T00:00:00Z')];
    for (const text of ['* * * * * *', '@every 1s']) {
      expect(countTicks(parseSchedule(text), after, until, 100)).toEqual({
        count: 100,
        first: after + SECOND,
        last: until,
      });
    }
    expect(countTicks(parseSchedule('@every 1s'), 0n, 2n ** 62n, Number.MAX_SAFE_INTEGER).count).toBe(
      Number(2n ** 62n / SECOND),
    );
  });
});

describe('nextN', () => {
  it('notes what zone changes do', () => {
    const notes = (text: string, from: string, count: number, options = {}): unknown =>
      nextN(parseSchedule(text, { timezone: 'America/New_York', ...options }), at(from), count).map(
        ({ local, notes: found }) => [local, ...found],
      );
    expect(notes('0 30 2 * * *', '2025-03-08T00:00:00Z', 3)).toEqual([
      ['2025-03-08T02:30:00-05:00'],
      ['2025-03-10T02:30:00-04:00', 'gap'],
      ['2025-03-11T02:30:00-04:00'],
    ]);
    expect(notes('0 30 2 * * *', '2025-03-08T12:00:00Z', 2, { dstGap: 'after' })).toEqual([
      ['2025-03-09T03:00:00-04:00', 'moved'],
      ['2025-03-10T02:30:00-04:00'],
    ]);
    expect(notes('0 30 1 * * *', '2025-11-02T00:00:00Z', 3)).toEqual([
      ['2025-11-02T01:30:00-04:00', 'overlap_first'],
      ['2025-11-02T01:30:00-05:00', 'overlap_last'],
      ['2025-11-03T01:30:00-05:00'],
    ]);
  });

  it('ends with the last tick; times without a zone of their own are shown in the job’s', () => {
    const schedule = parseSchedule('@at 2030-01-01T00:00:00Z', { timezone: 'Asia/Tokyo' });
    expect(nextN(schedule, 0n, 5)).toEqual([
      { tick: at('2030-01-01T00:00:00Z'), local: '2030-01-01T09:00:00+09:00', notes: [] },
    ]);
    expect(nextN(parseSchedule('@manually'), 0n, 5)).toEqual([]);
  });
});

describe('ScheduleCache', () => {
  it('gives equal schedules one object', () => {
    const cache = new ScheduleCache({ maxEntries: 10 });
    const daily = cache.get('@daily', { timezone: 'Europe/Berlin', jobName: 'a' });
    expect(cache.get('@daily', { timezone: 'Europe/Berlin', jobName: 'b', anchor: 5n })).toBe(daily);
    expect(cache.get('@daily', { defaultTimezone: 'Europe/Berlin' })).toBe(daily);
    expect(cache.get('@daily', { timezone: 'Europe/Paris' })).not.toBe(daily);
    expect(cache.get('@daily', { timezone: 'Europe/Berlin', dstGap: 'after' })).not.toBe(daily);
    expect(cache.get('@daily', { timezone: 'Europe/Berlin', dstOverlap: 'last' })).not.toBe(daily);
    expect(cache.get('~ 0 0 * * *', { jobName: 'a' })).toBe(cache.get('37 0 0 * * *'));
    expect(cache.get('~ 0 0 * * *', { jobName: 'b' })).not.toBe(cache.get('37 0 0 * * *'));
    expect(cache.get('TZ=UTC @daily', { timezone: 'Europe/Paris' })).toBe(
      cache.get('TZ=UTC @daily', { timezone: 'Europe/Berlin' }),
    );
  });

  it('keeps the anchor of @every apart', () => {
    const cache = new ScheduleCache({ maxEntries: 10 });
    expect(cache.get('@every 1h', { anchor: 1n })).not.toBe(cache.get('@every 1h', { anchor: 2n * SECOND }));
    expect(cache.get('@every 1h', { anchor: 1n })).toBe(cache.get('@every 1h', { anchor: 2n }));
    expect(cache.get('TZ=UTC @every 1h', { anchor: 0n })).not.toBe(cache.get('TZ=UTC @every 1h', { anchor: SECOND }));
  });

  it('is bounded, keeps what is used, and keeps no errors', () => {
    const cache = new ScheduleCache({ maxEntries: 2 });
    const first = cache.get('1 0 0 * * *');
    cache.get('2 0 0 * * *');
    expect(cache.get('1 0 0 * * *')).toBe(first);
    cache.get('3 0 0 * * *');
    expect(cache.size).toBe(2);
    expect(cache.get('1 0 0 * * *')).toBe(first);
    expect(() => cache.get('x')).toThrow('expected exactly 6 fields');
    expect(() => cache.get('TZ=UTC @daily', { timezone: 'Nowhere' })).toThrow('unknown time zone Nowhere');
    cache.get('TZ=UTC @daily');
    expect(() => cache.get('TZ=UTC @daily', { timezone: 'Nowhere' })).toThrow('unknown time zone Nowhere');
    expect(cache.size).toBe(2);
    expect(() => new ScheduleCache({ maxEntries: 0 })).toThrow('maxEntries');
  });
});
