import { parseRfc3339 } from '@dkron/cron';
import { expect, it } from 'vitest';
import { lastDays } from './stats-days.ts';

const now = parseRfc3339('2026-03-01T23:59:59.999999999Z');

it('counts back from today, in UTC', () => {
  expect(lastDays(now, 2n)).toEqual(['2026-02-28', '2026-03-01']);
  expect(lastDays(now, 1n)).toEqual(['2026-03-01']);
});

it.each([
  [undefined, 30],
  [0n, 30],
  [-1n, 30],
  [365n, 365],
  [366n, 365],
  [2n ** 62n, 365],
])('%s days are %i', (wanted, count) => {
  const days = lastDays(now, wanted);
  expect([days.length, days.at(-1)]).toEqual([count, '2026-03-01']);
});
