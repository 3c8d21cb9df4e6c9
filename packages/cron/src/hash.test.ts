import { expect, it } from 'vitest';
import { resolveHash } from './hash.ts';
import { parseSchedule } from './parse-schedule.ts';

it('G-S8: ~ gives the number that a job had before, and the schedule tells which', () => {
  // Names with neighbouring sums are neighbours.
  expect(['job1', 'job2'].map((name) => resolveHash('0 ~ * * * *', name))).toEqual(['0 4 * * * *', '0 5 * * * *']);
  // A number with a step is the first of a range to the end of the field, not every 15 minutes.
  expect(resolveHash('0 ~/15 * * * *', 'a')).toBe('0 37/15 * * * *');
  // Each single blank ends a field, so the hour after two blanks is hashed as a day of the month.
  expect(resolveHash('0 0 ~ * * *', 'job1')).toBe('0 0 4 * * *');
  expect(resolveHash('0 0  ~ * * *', 'job1')).toBe('0 0  1 * * *');
  expect(parseSchedule('0 ~/15 * * * *', { jobName: 'a' }).resolved).toBe('0 37/15 * * * *');
});
