import { expect, it } from 'vitest';
import { CreatedJobs } from './created-jobs.ts';
import type { KnownJob } from './recent-jobs.ts';

const known = (name: string): KnownJob => ({ job: { definition: { name } } }) as unknown as KnownJob;

it('holds the newest job of each remainder, and only for its slot', () => {
  const jobs = new CreatedJobs(4);
  for (let slot = 0; slot < 6; slot++) jobs.set(slot, known(`job-${slot}`));
  const names = Array.from({ length: 7 }, (_, slot) => jobs.get(slot)?.job.definition.name);
  expect(names).toEqual([undefined, undefined, 'job-2', 'job-3', 'job-4', 'job-5', undefined]);
  jobs.delete(0);
  jobs.delete(5);
  expect([jobs.get(4), jobs.get(5), jobs.get(1)].map((one) => one?.job.definition.name)).toEqual([
    'job-4',
    undefined,
    undefined,
  ]);
  jobs.clear();
  expect(jobs.get(4)).toBeUndefined();
});
