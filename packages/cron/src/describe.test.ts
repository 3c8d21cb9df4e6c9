import { describe as suite, expect, it } from 'vitest';
import { describe } from './describe.ts';
import { parseSchedule } from './parse-schedule.ts';

suite('schedules in words', () => {
  it.each([
    ['* * * * * *', 'every second'],
    ['0 * * * * *', 'every minute'],
    ['@minutely', 'every minute'],
    ['*/10 * * * * *', 'every 10 seconds'],
    ['30 * * * * *', 'at second 30 of every minute'],
    ['0 */15 * * * *', 'every 15 minutes'],
    ['*/20 */15 * * * *', 'every 20 seconds of every 15th minute'],
    ['0 */15 9-17 * * MON-FRI', 'every 15 minutes in hours 9 to 17 on Monday to Friday'],
    ['0 15,45 * * * *', 'at minute 15 and 45 of every hour'],
    ['@hourly', 'every hour'],
    ['0 0 */2 * * *', 'every 2 hours'],
    ['0 30 */2 * * *', 'at minute 30 in every 2nd hour'],
    ['0 0 1-7 * * *', 'on the hour, hours 1 to 7'],
    ['0 30 2 * * *', 'at 02:30'],
    ['5 30 2,14 * * *', 'at 02:30:05 and 14:30:05'],
    ['@yearly', 'at 00:00 on day 1 of the month in January'],
    ['0 0 0 1,15 * MON', 'at 00:00 on day 1 and 15 of the month or Monday'],
    ['0 0 0 */2 * *', 'at 00:00 on every 2nd day of the month from the 1st'],
    ['0 0 0 L * *', 'at 00:00 on the last day of the month'],
    ['0 0 0 * * 5L', 'at 00:00 on the last Friday of the month'],
    ['0 0 0 * * 1#2', 'at 00:00 on the second Monday of the month'],
    ['0 0 0 * jan-mar,dec *', 'at 00:00 in January to March and December'],
  ])('%s', (text, words) => {
    expect(describe(parseSchedule(text, { timezone: 'Europe/Berlin' }))).toBe(`${words}, time zone Europe/Berlin`);
  });

  it.each([
    ['0 0 0 30 2 *', 'never: no date matches'],
    [', * * * * *', 'never: no date matches'],
    ['@every 1h30m', 'every 1 hour 30 minutes'],
    ['@every 10ms', 'every 1 second'],
    ['@at 2030-01-01T00:00:00Z', 'once at 2030-01-01T00:00:00Z'],
    [
      '@after 2030-01-01T00:00:00Z <P1DT1.5S',
      'once at 2030-01-01T00:00:00Z, at most 1 day 1 second 500000000 nanoseconds late',
    ],
    ['@after 2030-01-01T00:00:00Z <P400Y', 'once at 2030-01-01T00:00:00Z, never late'],
    ['@manually', 'only when started by hand'],
  ])('%s', (text, words) => {
    expect(describe(parseSchedule(text))).toBe(words);
  });

  it('names what is chosen for zone changes', () => {
    expect(describe(parseSchedule('@daily', { dstGap: 'after', dstOverlap: 'first' }))).toBe(
      'at 00:00, time zone UTC, what a clock change leaves out runs right after it, where a clock change repeats a time, the first pass only',
    );
  });
});
