import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonText, plainText } from '../test/arbitrary.ts';
import { oracleWalk, readOracle } from '../test/oracle.ts';
import { END_SECOND } from './calendar.ts';
import { parseSchedule } from './parse-schedule.ts';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';
import type { ParseScheduleOptions } from './schedule.ts';

const seconds = (text: string): number => Number(parseRfc3339(text) / 1_000_000_000n);

function ticks(text: string, from: string, count: number, options: ParseScheduleOptions = {}): string[] {
  const schedule = parseSchedule(text, options);
  const found: string[] = [];
  for (let at = schedule.next(parseRfc3339(from)); at !== undefined && found.length < count; at = schedule.next(at)) {
    found.push(formatRfc3339(at, schedule.timezone));
  }
  return found;
}

/** Zone and an instant near one of its odd changes. */
const CHANGES = [
  ['America/New_York', '2025-03-09T07:00:00Z'],
  ['America/New_York', '2025-11-02T06:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  ['Australia/Lord_Howe', '2025-10-04T15:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Pacific/Chatham', '2026-09-26T14:00:00Z'],
  ['Pacific/Chatham', '2026-04-04T14:00:00Z'],
  ['America/St_Johns', '2010-03-14T03:31:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z'],
  ['America/Juneau', '1867-10-18T15:30:00Z'],
] as const;

describe('zone changes', () => {
  it('equal a walk through every second, whatever is chosen about gaps and overlaps', { timeout: 120_000 }, () => {
    const choice = fc.record({
      dstGap: fc.constantFrom('skip' as const, 'after' as const),
      dstOverlap: fc.constantFrom('both' as const, 'first' as const, 'last' as const),
    });
    fc.assert(
      fc.property(fc.constantFrom(...CHANGES), plainText, choice, ([zone, instant], text, { dstGap, dstOverlap }) => {
        const from = seconds(instant) - 86_400;
        const to = from + 2 * 86_400;
        const schedule = parseSchedule(text, { timezone: zone, dstGap, dstOverlap });
        const found: number[] = [];
        for (let at = schedule.nextSeconds(from - 1); at < to; at = schedule.nextSeconds(at)) found.push(at);
        expect(found).toEqual(oracleWalk(readOracle(text, zone), from, to, dstGap, dstOverlap));
      }),
      { numRuns: 60 },
    );
  });

  it('drops what falls into a gap, runs both passes of an overlap', () => {
    const options = { timezone: 'America/New_York' };
    expect(ticks('0 30 2 * * *', '2025-03-08T12:00:00Z', 1, options)).toEqual(['2025-03-10T02:30:00-04:00']);
    expect(ticks('0 30 1 * * *', '2025-11-02T00:00:00Z', 3, options)).toEqual([
      '2025-11-02T01:30:00-04:00',
      '2025-11-02T01:30:00-05:00',
      '2025-11-03T01:30:00-05:00',
    ]);
  });

  it('G-S10: dstGap after makes one run at the end of the gap for all readings inside it', () => {
    const options = { timezone: 'America/New_York', dstGap: 'after' } as const;
    expect(ticks('0 */20 2 * * *', '2025-03-09T00:00:00Z', 2, options)).toEqual([
      '2025-03-09T03:00:00-04:00',
      '2025-03-10T02:00:00-04:00',
    ]);
    expect(ticks('0 0 * * * *', '2025-03-09T06:00:00Z', 2, options)).toEqual([
      '2025-03-09T03:00:00-04:00',
      '2025-03-09T04:00:00-04:00',
    ]);
  });

  it('G-S10: dstOverlap chooses the first or the last pass', () => {
    const timezone = 'Europe/Berlin';
    expect(ticks('0 30 2 25 10 *', '2026-01-01T00:00:00Z', 1, { timezone, dstOverlap: 'first' })).toEqual([
      '2026-10-25T02:30:00+02:00',
    ]);
    expect(ticks('0 30 2 25 10 *', '2026-01-01T00:00:00Z', 1, { timezone, dstOverlap: 'last' })).toEqual([
      '2026-10-25T02:30:00+01:00',
    ]);
  });

  it('a change in the middle of an hour or minute loses nothing afterwards, and never answers the past', () => {
    expect(ticks('0 0 5 * * *', '2025-10-04T00:00:00Z', 2, { timezone: 'Australia/Lord_Howe' })).toEqual([
      '2025-10-05T05:00:00+11:00',
      '2025-10-06T05:00:00+11:00',
    ]);
    const chatham = parseSchedule('0 45 3 * * *', { timezone: 'Pacific/Chatham' });
    for (let at = seconds('2026-04-04T13:00:00Z'); at < seconds('2026-04-04T16:00:00Z'); at += 30)
      expect(chatham.nextSeconds(at)).toBeGreaterThan(at);
  });

  it('G-S2: descriptors obey the zone of the job', () => {
    expect(ticks('@daily', '2026-01-01T12:00:00Z', 1, { timezone: 'Asia/Tokyo' })).toEqual([
      '2026-01-02T00:00:00+09:00',
    ]);
    expect(ticks('TZ=UTC @daily', '2026-01-01T12:00:00Z', 1, { timezone: 'Asia/Tokyo' })).toEqual([
      '2026-01-02T00:00:00Z',
    ]);
    expect(ticks('@daily', '2026-01-01T12:00:00Z', 1, { defaultTimezone: 'Asia/Tokyo' })).toEqual([
      '2026-01-02T00:00:00+09:00',
    ]);
    expect(
      ticks('TZ=Local @daily', '2026-01-01T12:00:00Z', 1, { timezone: 'UTC', defaultTimezone: 'Asia/Tokyo' }),
    ).toEqual(['2026-01-02T00:00:00+09:00']);
  });
});

describe('next and previous', () => {
  it('next equals cron-parser for what both read alike, in zones without changes', () => {
    const from = fc.integer({ min: seconds('1990-01-01T00:00:00Z'), max: seconds('2080-01-01T00:00:00Z') });
    fc.assert(
      fc.property(commonText, fc.constantFrom('UTC', 'Asia/Kolkata', 'Asia/Tokyo'), from, (text, tz, after) => {
        const schedule = parseSchedule(text, { timezone: tz });
        const other = CronExpressionParser.parse(text, { tz, currentDate: new Date(after * 1000) });
        let at = after;
        for (let i = 0; i < 4; i += 1) {
          at = schedule.nextSeconds(at);
          expect([text, tz, at]).toEqual([text, tz, other.next().getTime() / 1000]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('previous is the inverse of next', () => {
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
    const from = fc.integer({ min: seconds('2009-01-01T00:00:00Z'), max: seconds('2030-01-01T00:00:00Z') });
    fc.assert(
      fc.property(commonText, zones, from, (text, timezone, after) => {
        const schedule = parseSchedule(text, { timezone });
        const tick = schedule.next(BigInt(after) * 1_000_000_000n);
        if (tick === undefined) throw new Error(`${text} never runs`);
        expect(schedule.previous(tick + 1n)).toBe(tick);
        const before = schedule.previous(tick);
        expect(before === undefined || (before < tick && schedule.next(before) === tick)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('finds 29 February across 2100 and gives up only on dates that never come', () => {
    expect(ticks('0 0 0 29 2 *', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00:00Z']);
    expect(ticks('0 0 12 29 2 ?', '2092-03-01T00:00:00Z', 3)).toEqual([
      '2096-02-29T12:00:00Z',
      '2104-02-29T12:00:00Z',
      '2108-02-29T12:00:00Z',
    ]);
    for (const text of ['0 0 0 30 2 *', '0 0 0 31 4,6,9,11 *', ', * * * * *', '* * * , * *']) {
      const schedule = parseSchedule(text);
      expect(schedule.next(0n)).toBeUndefined();
      expect(schedule.nextSeconds(0)).toBeNaN();
      expect(schedule.previous(0n)).toBeUndefined();
    }
  });

  it('stays inside what RFC 3339 can write', () => {
    const schedule = parseSchedule('* * * * * *');
    expect(schedule.nextSeconds(END_SECOND - 2)).toBe(END_SECOND - 1);
    expect(schedule.nextSeconds(END_SECOND - 1)).toBeNaN();
    expect(schedule.nextSeconds(Infinity)).toBeNaN();
    expect(schedule.nextSeconds(NaN)).toBeNaN();
    expect(schedule.nextSeconds(-Infinity)).toBe(seconds('0000-01-01T00:00:00Z'));
    expect(schedule.previous(parseRfc3339('0000-01-01T00:00:00Z'))).toBeUndefined();
    expect(schedule.previous(10n ** 30n)).toBe(BigInt(END_SECOND - 1) * 1_000_000_000n);
  });

  it('a reference with nanoseconds: the next whole second is strictly later', () => {
    const schedule = parseSchedule('* * * * * *');
    expect(schedule.next(1n)).toBe(1_000_000_000n);
    expect(schedule.next(0n)).toBe(1_000_000_000n);
    expect(schedule.next(-1n)).toBe(0n);
    expect(schedule.previous(1n)).toBe(0n);
    expect(schedule.previous(0n)).toBe(-1_000_000_000n);
  });
});

describe('added day forms', () => {
  it.each([
    ['0 0 0 L * *', ['2026-01-31', '2026-02-28', '2026-03-31']],
    ['0 0 0 15,L 2 *', ['2026-02-15', '2026-02-28', '2027-02-15']],
    ['0 0 0 * * FRIL', ['2026-01-30', '2026-02-27', '2026-03-27']],
    ['0 0 0 ? * 7L', ['2026-01-25', '2026-02-22', '2026-03-29']],
    ['0 0 0 * * 1#2', ['2026-01-12', '2026-02-09', '2026-03-09']],
    ['0 0 0 * * 1#5', ['2026-03-30', '2026-06-29', '2026-08-31']],
    ['0 0 0 L * 1#2', ['2026-01-12', '2026-01-31', '2026-02-09']],
  ])('%s', (text, dates) => {
    expect(ticks(text, '2026-01-01T12:00:00Z', 3)).toEqual(dates.map((date) => `${date}T00:00:00Z`));
  });

  it.each([
    '0 0 0 LW * *',
    '0 0 0 1-L * *',
    '0 0 0 * * L',
    '0 0 0 * * 1#6',
    '0 0 0 * * 1#2,3',
    '0 0 0 5L * *',
    'L * * * * *',
  ])('%s stays an error', (text) => {
    expect(() => parseSchedule(text)).toThrow('failed to parse int');
  });
});
