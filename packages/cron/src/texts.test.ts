import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScheduleParseError, TimeTextError } from './errors.ts';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';
import { parseSchedule } from './parse-schedule.ts';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';

function fault(text: string, timezone = '', jobName = ''): ScheduleParseError {
  try {
    parseSchedule(text, { timezone, jobName });
  } catch (error) {
    if (error instanceof ScheduleParseError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

/** What is wrong with the answer to any text; undefined = a working schedule, or a ScheduleParseError with a column. */
function problemWith(text: string, jobName: string): unknown {
  try {
    const tick = parseSchedule(text, { jobName }).next(0n);
    return tick === undefined || tick > 0n ? undefined : `tick ${tick}`;
  } catch (error) {
    if (!(error instanceof ScheduleParseError)) return error;
    const { column } = error;
    return column !== null && column >= 1 && column <= text.length + 1 ? undefined : `column ${column}`;
  }
}

describe('Go durations', () => {
  it.each([
    ['1h30m', 5_400_000_000_000n, '1h30m0s'],
    ['1.5s', 1_500_000_000n, '1.5s'],
    ['-300ms', -300_000_000n, '-300ms'],
    ['1500us', 1_500_000n, '1.5ms'],
    ['2µs', 2_000n, '2µs'],
    ['2μs', 2_000n, '2µs'],
    ['0', 0n, '0s'],
    ['90s', 90_000_000_000n, '1m30s'],
    ['.5m', 30_000_000_000n, '30s'],
    ['999ns', 999n, '999ns'],
    ['-9223372036854775808ns', -(2n ** 63n), '-2562047h47m16.854775808s'],
  ])('%s', (text, nanos, written) => {
    expect(parseGoDuration(text)).toBe(nanos);
    expect(formatGoDuration(nanos)).toBe(written);
  });

  it('what is written is read back', () => {
    expect(() =>
      fc.assert(
        fc.property(
          fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
          (nanos) => parseGoDuration(formatGoDuration(nanos)) === nanos,
        ),
      ),
    ).not.toThrow();
  });

  it.each(['', 'x', '1', '1d', '1h 30m', '9223372036854775808ns', '.s'])('refuses %j', (text) => {
    expect(() => parseGoDuration(text)).toThrow(TimeTextError);
  });
});

describe('RFC 3339', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n],
    ['1969-12-31T23:59:59.5Z', -500_000_000n],
    ['2026-01-02T03:04:05.123456789Z', 1_767_323_045_123_456_789n],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000_000_000n],
  ])('%s', (text, nanos) => {
    expect(parseRfc3339(text)).toBe(nanos);
    expect(formatRfc3339(nanos)).toBe(text);
  });

  it('writes the offset of a zone and trims the fraction', () => {
    const nanos = parseRfc3339('2026-07-01T00:00:00.120Z');
    expect(formatRfc3339(nanos, 'America/St_Johns')).toBe('2026-06-30T21:30:00.12-02:30');
    expect(formatRfc3339(nanos, 'Asia/Kathmandu')).toBe('2026-07-01T05:45:00.12+05:45');
    expect(formatRfc3339(nanos, '')).toBe('2026-07-01T00:00:00.12Z');
    expect(formatRfc3339(nanos, 'Europe/London')).toBe('2026-07-01T01:00:00.12+01:00');
    expect(() => formatRfc3339(nanos, 'Nowhere')).toThrow('unknown time zone Nowhere');
  });

  it('what is written is read back, in any zone', () => {
    const instants = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 62n });
    expect(() =>
      fc.assert(fc.property(instants, (nanos) => parseRfc3339(formatRfc3339(nanos)) === nanos)),
    ).not.toThrow();
    const zones = fc.constantFrom('America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata');
    expect(() =>
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: 2n ** 62n }),
          zones,
          (nanos, zone) => parseRfc3339(formatRfc3339(nanos, zone)) === nanos,
        ),
      ),
    ).not.toThrow();
  });
});

describe('ScheduleParseError', () => {
  it.each([
    ['0 0 25 * * *', 'schedule_field', 5],
    ['0 0 0 * * 1-x', 'schedule_field', 13],
    ['0 0 0 * * */0', 'schedule_field', 13],
    ['  0 0 * * *', 'schedule_shape', 12],
    ['0 0 0 * * * 2025', 'schedule_shape', 13],
    ['@dayly', 'schedule_descriptor', 1],
    ['TZ=UTC  @dayly', 'schedule_descriptor', 9],
    ['TZ=Nowhere 0 0 0 * * *', 'schedule_timezone', 4],
    ['TZ=UTC', 'schedule_shape', 7],
    ['@every 1d', 'schedule_duration', 9],
    ['@at 2030-13-01T00:00:00Z', 'schedule_date', 10],
    ['@at 2030-02-30T00:00:00Z', 'schedule_date', 13],
    ['@at 2030-01-01T00:00:00+25:00', 'schedule_date', 24],
    ['@at 2030-01-01T00:00Z', 'schedule_date', 21],
    ['@after 2030-01-01T00:00:00Z PT1H', 'schedule_duration', 29],
    ['~ ~ ~ 99 * *', 'schedule_field', 7],
    ['', 'schedule_shape', 1],
  ])('%j is at fault in column %3$i', (text, code, column) => {
    const error = fault(text, '', 'some-job');
    expect([error.code, error.column]).toEqual([code, column]);
    expect(error.details).toMatchObject({ text, column, expected: error.expected });
  });

  it('a fault of the job’s zone has no column and comes after faults of the text', () => {
    expect(fault('@daily', 'Nowhere')).toMatchObject({
      code: 'schedule_timezone',
      column: null,
      message: 'unknown time zone Nowhere',
    });
    expect(fault('@dayly', 'Nowhere').message).toBe('unrecognized descriptor: @dayly');
    expect(() => parseSchedule('@daily', { defaultTimezone: 'Nowhere' })).toThrow('unknown time zone Nowhere');
  });

  it('G-S9: any text gives a schedule or this error', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'TZ=',
        'CRON_TZ=',
        'UTC',
        ' ',
        '\t',
        '@',
        '@every ',
        '@at ',
        '@after ',
        '<P',
        '1',
        '59',
        '*',
        '?',
        '/',
        '-',
        ',',
        '~',
        'L',
        '#',
        '2030-01-01T00:00:00Z',
        '\ud800',
        '\u0000',
      ),
    );
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      pieces.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, fc.string(), (text, jobName) => {
        expect(problemWith(text, jobName)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});
