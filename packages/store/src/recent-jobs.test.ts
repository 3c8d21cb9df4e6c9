import { expect, it } from 'vitest';
import { RecentJobs } from './recent-jobs.ts';
import type { KnownJob } from './recent-jobs.ts';
import { EMPTY_META } from './records.ts';

const known = (historyNext: number): KnownJob => ({ job: {} as KnownJob['job'], meta: { ...EMPTY_META, historyNext } });

it('keeps the newest value of each job, and no more jobs than its bound', () => {
  const jobs = new RecentJobs(100);
  for (let i = 0; i < 100; i++) jobs.set(`job-${i}`, known(i));
  jobs.set('job-1', known(99_999));
  expect(jobs.get('job-0')?.meta.historyNext).toBe(0);
  jobs.set('one-more', known(1));
  expect(jobs.get('job-0')).toBeUndefined();
  expect(jobs.get('job-1')?.meta.historyNext).toBe(99_999);
  jobs.delete('job-2');
  expect(jobs.get('job-2')).toBeUndefined();
});
