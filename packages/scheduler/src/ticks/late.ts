import type { Schedule } from '@dkron/cron';
import type { Catchup, MissReason, SkipReason, TickDecision, Trigger } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import { rangeOf } from '../planner/count.ts';

/** Catch-up `all` runs at most this many ticks of a job; older ones are missed. */
export const CATCHUP_RUNS_MAX = 1_000;

/** Consecutive ticks with one fate: what a decision says of them. */
export type Stretch = Pick<TickDecision, 'tick' | 'lastTick' | 'count' | 'decision' | 'reason' | 'trigger'>;

export interface LatePolicy {
  readonly catchup: Catchup;
  /** Older ticks never run; nanoseconds. */
  readonly windowNanos: bigint;
  /** Up to this late a tick is on time; nanoseconds. */
  readonly graceNanos: bigint;
  /** For how long the job has waited for its turn: what was on time then is on time now. */
  readonly heldNanos: bigint;
}

/** What becomes of the ticks in (after, until] at `now`; `until` ≤ now. Oldest first. */
export function judgeTicks(
  schedule: Schedule,
  after: EpochNanos,
  until: EpochNanos,
  now: EpochNanos,
  policy: LatePolicy,
): readonly Stretch[] {
  const first = schedule.next(after);
  if (first === undefined || first > until) return [];
  if (schedule.kind === 'after') return [afterTick(first, now - policy.heldNanos, schedule.graceNanos)];
  const onTimeFrom = now - policy.heldNanos - policy.graceNanos;
  if (first >= onTimeFrom) return runs(schedule, after, until, 'schedule');
  const lateUntil = until < onTimeFrom ? until : onTimeFrom - 1n;
  return [
    ...lateTicks(schedule, after, lateUntil, now, policy),
    ...(until > lateUntil ? runs(schedule, lateUntil, until, 'schedule') : []),
  ];
}

/** `@after`: its grace stands in for tick-grace and catch-up. */
function afterTick(tick: EpochNanos, now: EpochNanos, graceNanos: bigint): Stretch {
  if (now <= tick + graceNanos) return runOn(tick, 'schedule');
  return { tick, lastTick: tick, count: 1, decision: 'missed', reason: 'skip', trigger: 'schedule' };
}

function lateTicks(
  schedule: Schedule,
  after: EpochNanos,
  until: EpochNanos,
  now: EpochNanos,
  { catchup, windowNanos }: LatePolicy,
): readonly Stretch[] {
  if (catchup === 'skip') return missed(schedule, after, until, 'skip');
  const windowStart = now - windowNanos;
  const before = windowStart - 1n < until ? windowStart - 1n : until;
  const result = before > after ? missed(schedule, after, before, 'window') : [];
  const from = before > after ? before : after;
  const newest = schedule.previous(until + 1n);
  if (newest === undefined || newest <= from) return result;
  if (catchup === 'last') return [...result, ...missed(schedule, from, newest - 1n, 'last'), runOn(newest, 'catchup')];
  const oldestRun = nthNewest(schedule, from, until, CATCHUP_RUNS_MAX);
  return [
    ...result,
    ...missed(schedule, from, oldestRun - 1n, 'limit'),
    ...runs(schedule, oldestRun - 1n, until, 'catchup'),
  ];
}

/** The `n`-th newest tick of (after, until], or the oldest when there are fewer; there is at least one. */
function nthNewest(schedule: Schedule, after: EpochNanos, until: EpochNanos, n: number): EpochNanos {
  let tick = schedule.previous(until + 1n)!;
  for (let i = 1; i < n; i++) {
    const older = schedule.previous(tick);
    if (older === undefined || older <= after) return tick;
    tick = older;
  }
  return tick;
}

function runs(schedule: Schedule, after: EpochNanos, until: EpochNanos, trigger: Trigger): Stretch[] {
  const result: Stretch[] = [];
  for (let tick = schedule.next(after); tick !== undefined && tick <= until; tick = schedule.next(tick)) {
    result.push(runOn(tick, trigger));
  }
  return result;
}

/** One tick that runs. */
export function runOn(tick: EpochNanos, trigger: Trigger): Stretch {
  return { tick, lastTick: tick, count: 1, decision: 'run', reason: '', trigger };
}

/** The ticks of (after, until] as one range, or nothing. */
export function passedOver(
  schedule: Schedule,
  after: EpochNanos,
  until: EpochNanos,
  decision: 'skipped' | 'missed',
  reason: SkipReason | MissReason,
): Stretch[] {
  if (until <= after) return [];
  const range = rangeOf(schedule, after, until);
  return range === undefined ? [] : [{ ...range, decision, reason, trigger: 'schedule' }];
}

function missed(schedule: Schedule, after: EpochNanos, until: EpochNanos, reason: MissReason): Stretch[] {
  return passedOver(schedule, after, until, 'missed', reason);
}
