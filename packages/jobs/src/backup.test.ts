import { describe, expect, it } from 'vitest';
import { backupOrder, JobInvalidError, parseBackup, type ParsedJob } from './index.ts';

const parsed = (text: string): readonly ParsedJob[] => [...parseBackup(text)];

const job = (name: string, parent_job = ''): object => ({ name, parent_job, schedule: '@manually' });
const orderOf = (...jobs: readonly object[]): readonly string[] =>
  backupOrder(parsed(JSON.stringify(jobs))).map(({ job: { definition }, depth }) => `${depth}${definition.name}`);

describe('parseBackup', () => {
  it('takes an array or null, and nothing after it', () => {
    expect(parsed('null')).toEqual([]);
    expect(parsed(' [] \n')).toEqual([]);
    for (const text of ['', '{}', '[] x', '"a"']) expect(() => parsed(text), text).toThrow(JobInvalidError);
  });

  it('reads one job at a time', () => {
    const jobs = parseBackup('[{"name":"a","schedule":"@manually"}, oops');
    expect(jobs.next().value?.definition.name).toBe('a');
    expect(() => jobs.next()).toThrow(JobInvalidError);
  });

  it('gives concurrency no default', () => {
    expect(parsed(JSON.stringify([job('a')]))[0]?.definition.concurrency).toBe('');
  });

  it('names the place of what is wrong', () => {
    const fields = (text: string): readonly string[] => {
      try {
        parsed(text);
        return [];
      } catch (error) {
        return (error as JobInvalidError).problems.map((problem) => problem.field);
      }
    };
    expect(fields(JSON.stringify([job('a'), { ...job('B'), concurrency: 'x' }]))).toEqual([
      '[1].name',
      '[1].concurrency',
    ]);
    expect(fields('[{"name":"a","retries":"1"}]')).toEqual(['[0].retries']);
    expect(fields('[1]')).toEqual(['[0]']);
  });
});

describe('backupOrder', () => {
  it('puts parents first and children right after them', () => {
    expect(orderOf(job('c3', 'c2'), job('c2', 'c1'), job('c1'), job('c0'))).toEqual(['0c1', '1c2', '2c3', '0c0']);
    expect(orderOf(job('a'), job('y', 'a'), job('b'), job('x', 'a'))).toEqual(['0a', '1y', '1x', '0b']);
  });

  it('keeps a name that occurs twice', () => {
    expect(orderOf(job('a'), job('b', 'a'), job('a'))).toEqual(['0a', '1b', '0a']);
  });

  it('links children once, in the order in which their parent lists them', () => {
    const parent = { ...job('p'), dependent_jobs: ['z', 'ghost', 'a'] };
    const order = backupOrder(parsed(JSON.stringify([job('a', 'p'), job('new', 'p'), parent, job('z', 'p')])));
    expect(order.map(({ job: { definition } }) => definition.name)).toEqual(['p', 'z', 'a', 'new']);
    expect(order[0]?.job.submitted.dependentJobs).toEqual(['ghost']);
    const all = { ...job('p'), dependent_jobs: ['a'] };
    expect(backupOrder(parsed(JSON.stringify([all, job('a', 'p')])))[0]?.job.submitted.dependentJobs).toBeNull();
  });

  it.each([
    ['a parent elsewhere', [job('a', 'gone')]],
    ['a cycle', [job('a', 'b'), job('b', 'a'), job('c')]],
  ])('refuses %s', (_, jobs) => {
    expect(() => orderOf(...jobs)).toThrow(/^Job validation failed: parent \w+ of a is not in the backup/);
  });
});
