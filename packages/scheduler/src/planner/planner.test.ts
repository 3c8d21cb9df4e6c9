import { ZERO_TIME } from '@dkron/runtime';
import type { JobDefinition, JobPlan, StoredJob } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { NOTHING_SUBMITTED } from '@dkron/store/testing';
import { definition, SECOND, T0 } from '../../test/harness.ts';
import { Planner } from './planner.ts';

const planner = new Planner({ region: 'global' });

function put(job: JobDefinition, stamp: bigint, stored?: StoredJob): JobPlan {
  return planner.planPut(job, NOTHING_SUBMITTED, stored, stamp);
}

function storedBy(job: JobDefinition, stamp: bigint): StoredJob {
  const { next, nextTick, decidedUpTo, anchor, problem } = put(job, stamp);
  const counts = { version: 1, revision: 1, successCount: 0, errorCount: 0, lastSuccess: null, lastError: null };
  return {
    definition: job,
    state: { ...counts, status: '', next, nextTick, decidedUpTo, anchor, dependentJobs: [], problem },
  };
}

describe('Planner.planPut', () => {
  it('G-S3: next honours the job zone', () => {
    const plan = put(definition('a', '0 0 12 * * *', { timezone: 'Asia/Tokyo' }), T0);
    expect(plan.next).toBe(T0 + 3n * 3600n * SECOND);
    expect(plan.nextTick).toBe(plan.next);
  });

  it('next is starts_at while that is in the future', () => {
    const startsAt = T0 + 1_234_567n * SECOND;
    expect(put(definition('a', '@every 1m', { startsAt }), T0).next).toBe(startsAt);
  });

  it('G-S4: an edit keeps the phase of @every, another schedule text starts a new one', () => {
    const stored = storedBy(definition('a', '@every 1h'), T0 + 123n);
    expect(stored.state.anchor).toBe(T0);
    const edited = put(definition('a', '@every 1h', { owner: 'me' }), T0 + 1800n * SECOND, stored);
    expect(edited.anchor).toBe(T0);
    expect(edited.nextTick).toBe(T0 + 3600n * SECOND);
    const changed = put(definition('a', '@every 2h'), T0 + 1800n * SECOND, stored);
    expect(changed.anchor).toBe(T0 + 1800n * SECOND);
    expect(changed.nextTick).toBe(T0 + 9000n * SECOND);
  });

  it('G-S6: a schedule that cannot be read is a problem of that job, not an exception', () => {
    const plan = put(definition('a', '@every soon'), T0);
    expect(plan.problem).not.toBe('');
    expect(plan.nextTick).toBeNull();
    expect(plan.next).toBe(ZERO_TIME);
    expect(put(definition('a', '@every 1m', { timezone: 'Mars/Base' }), T0).problem).toContain('Mars/Base');
  });

  it('G-S7: @after inside its grace is due at once, and the same text is never armed again', () => {
    const job = definition('a', '@after 2026-01-01T00:00:00Z <PT30M');
    const stamp = T0 + 60n * SECOND;
    const plan = put(job, stamp);
    expect(plan.nextTick).toBe(T0);
    expect(plan.decidedUpTo).toBeLessThan(T0);
    const stored = storedBy(job, stamp);
    const decided = { ...stored, state: { ...stored.state, decidedUpTo: T0, nextTick: null } };
    expect(put(job, stamp + SECOND, decided).nextTick).toBeNull();
    expect(put(job, T0 + 1801n * SECOND).nextTick).toBeNull();
  });

  it('a child has no timetable; recorded values of next', () => {
    expect(put(definition('c', '', { parentJob: 'p' }), T0)).toMatchObject({ next: 0n, nextTick: null });
    const stored = storedBy(definition('c', '@every 1m'), T0);
    expect(put(definition('c', '', { parentJob: 'p' }), T0, stored)).toMatchObject({ next: ZERO_TIME, nextTick: null });
  });

  it('a submitted next survives when it is later and the schedule text stays', () => {
    const stored = storedBy(definition('a', '@every 1m'), T0);
    const submitted = { ...NOTHING_SUBMITTED, next: T0 + 999n * SECOND };
    expect(planner.planPut(definition('a', '@every 1m'), submitted, stored, T0 + SECOND).next).toBe(submitted.next);
  });

  it('another zone does not make ticks of the past due', () => {
    const stored = storedBy(definition('a', '0 0 12 * * *'), T0);
    const stamp = T0 + 10n * 3600n * SECOND;
    const plan = put(definition('a', '0 0 12 * * *', { timezone: 'Asia/Tokyo' }), stamp, stored);
    expect(plan.nextTick).toBe(T0 + 27n * 3600n * SECOND);
  });
});

describe('Planner.planToggle', () => {
  it('G-S16: enabling records what was passed over as one range', () => {
    const stored = storedBy(definition('a', '@every 1m', { disabled: true }), T0);
    expect(stored.state.nextTick).toBeNull();
    const plan = planner.planToggle(stored, false, T0 + 600n * SECOND);
    expect(plan.passed).toEqual({
      reason: 'disabled',
      tick: T0 + 60n * SECOND,
      lastTick: T0 + 600n * SECOND,
      count: 10,
    });
    expect(plan.nextTick).toBe(T0 + 660n * SECOND);
  });

  it('counting a long stretch stops at 100,000, its last tick is true', () => {
    const stored = storedBy(definition('a', '* * * * * *', { disabled: true }), T0);
    const stamp = T0 + 86_400n * 30n * SECOND;
    const { passed } = planner.planToggle(stored, false, stamp);
    expect(passed).toMatchObject({ count: 100_000, lastTick: stamp });
  });

  it('disabling takes the job out and keeps what is decided', () => {
    const stored = storedBy(definition('a', '@every 1m'), T0);
    expect(planner.planToggle(stored, true, T0 + SECOND)).toMatchObject({
      nextTick: null,
      decidedUpTo: stored.state.decidedUpTo,
      passed: null,
    });
  });
});
