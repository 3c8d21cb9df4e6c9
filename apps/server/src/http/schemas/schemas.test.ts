import { describe, expect, it } from 'vitest';
import type { ParsedJob } from '@dkron/jobs';
import {
  echoJobJson,
  executionToJson,
  jobToJson,
  JobInvalidError,
  ledgerEntryToJson,
  memberToJson,
  parseJobJson,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { execution, tick } from './execution.ts';
import { leader, member } from './cluster.ts';
import { job, jobEcho, jobInput } from './job.ts';

const parse = (value: unknown): ParsedJob => parseJobJson(JSON.stringify(value));
const inputKeys = Object.keys(jobInput.shape);

/** Every field with a value that is not its default. */
const FULL = {
  name: 'full',
  displayname: 'Full',
  timezone: 'Europe/Berlin',
  schedule: '0 0 3 * * *',
  owner: 'o',
  owner_email: 'o@example.org',
  success_count: 3,
  error_count: 4,
  last_success: '2026-01-01T00:00:00Z',
  last_error: '2026-01-02T00:00:00Z',
  disabled: true,
  tags: { a: 'b' },
  metadata: { c: 'd' },
  retries: 5,
  dependent_jobs: ['child'],
  parent_job: 'up',
  processors: { log: { forward: 'true' } },
  concurrency: 'forbid',
  executor: 'shell',
  executor_config: { command: 'true' },
  status: 'success',
  next: '2026-01-03T00:00:00Z',
  ephemeral: true,
  starts_at: '2026-01-04T00:00:00Z',
  expires_at: '2026-01-05T00:00:00Z',
  dst_gap: 'after',
  dst_overlap: 'last',
  catchup: 'all',
  catchup_window: '1h',
  timeout: '30s',
} as const;

const state = {
  version: 1,
  revision: 1,
  successCount: 3,
  errorCount: 4,
  lastSuccess: 1n,
  lastError: 2n,
  status: 'success',
  next: 3n,
  nextTick: null,
  decidedUpTo: 0n,
  anchor: 0n,
  dependentJobs: ['child'],
  problem: 'no such zone',
};

const keysOf = (json: string): string[] => Object.keys(JSON.parse(json) as object);

describe('the schemas and the codecs of jobs', () => {
  it('have the same keys in what a create takes', () => {
    const { echo } = parse(FULL);
    expect(Object.keys(echo).toSorted()).toEqual(inputKeys.toSorted());
    expect(inputKeys.filter((key) => key !== 'id').toSorted()).toEqual(Object.keys(FULL).toSorted());
    expect(jobInput.safeParse(FULL).success).toBe(true);
  });

  it('have the same keys, in the same order, in what a server answers', () => {
    const { definition } = parse(FULL);
    expect(keysOf(jobToJson({ definition, state }))).toEqual(Object.keys(job.shape));
    expect(keysOf(echoJobJson(parse(FULL)))).toEqual(Object.keys(jobEcho.shape).filter((key) => key !== 'problem'));
    expect(job.safeParse(JSON.parse(jobToJson({ definition, state }))).error).toBeUndefined();
  });

  it.each(inputKeys)('agree on the types of %s', (key) => {
    const candidates = [
      null, 'text', '', 7, -1, 1.5, true, false, [], ['a'], [null], [1], {}, { a: 'b' }, { a: null }, { a: 1 }, { a: { b: 'c' } },
      { a: { b: null } }, { a: { b: 1 } }, { a: [] }, '2026-01-01T00:00:00Z',
    ]; // prettier-ignore
    const field = jobInput.shape[key as keyof typeof jobInput.shape];
    for (const value of candidates) {
      // Schemas know no form of texts, and no range: those are judged after reading.
      if (isJudgedLater(key, value)) continue;
      const taken = isTaken(key, value);
      expect([key, value, field.safeParse(value).success]).toEqual([key, value, taken]);
    }
  });

  it('are those of executions, ledger entries and members', () => {
    const attempt = {
      id: '5-n',
      stamp: 5n,
      jobName: 'a',
      group: 5n,
      nodeName: 'n',
      attempt: 1,
      state: 'failed',
      trigger: 'schedule',
      tick: 5n,
      reason: 'exit',
      exitCode: 1,
      startedAt: 6n,
      finishedAt: 7n,
      cancelRequested: false,
    } as const;
    expect(keysOf(executionToJson(attempt, { output: 'x', outputTruncated: true }))).toEqual(
      Object.keys(execution.shape),
    );
    const waiting = { ...attempt, state: 'pending', tick: null, reason: null, exitCode: null } as const;
    const least = JSON.parse(executionToJson({ ...waiting, startedAt: ZERO_TIME, finishedAt: ZERO_TIME })) as unknown;
    expect(execution.safeParse(least).error).toBeUndefined();
    const entry = {
      jobName: 'a',
      tick: 5n,
      lastTick: 5n,
      count: 1,
      decision: 'run',
      reason: '',
      trigger: 'schedule',
      decidedAt: 6n,
      group: 5n,
      executions: ['5-n'],
    } as const;
    expect(keysOf(ledgerEntryToJson(entry))).toEqual(Object.keys(tick.shape));
    const node = { name: 'n', addr: '::1', port: 1, tags: {}, status: 'alive' } as never;
    expect(keysOf(memberToJson(node, { id: 'x' }))).toEqual(Object.keys(member.shape));
    expect(keysOf(memberToJson(node))).toEqual(Object.keys(leader.shape));
  });
});

const TIMES = ['last_success', 'last_error', 'next', 'starts_at', 'expires_at'];
const WORDS = ['concurrency', 'dst_gap', 'dst_overlap', 'catchup'];
const NUMBERS = ['success_count', 'error_count', 'retries'];

function isJudgedLater(key: string, value: unknown): boolean {
  if ((TIMES.includes(key) || WORDS.includes(key)) && typeof value === 'string') return true;
  if (NUMBERS.includes(key) && typeof value === 'number') return true;
  return key === 'name' && value === null;
}

/** Whether the original's reading takes the type. */
function isTaken(key: string, value: unknown): boolean {
  try {
    parse({ ...FULL, [key]: value });
    return true;
  } catch (error) {
    if (error instanceof JobInvalidError && error.prefix === 'Unable to parse payload') return false;
    return true;
  }
}
