import type { Schedule } from '@dkron/cron';
import type { StoredJob } from '@dkron/jobs';
import { NANOS_PER_SECOND } from '@dkron/runtime';
import type { EpochNanos } from '@dkron/runtime';
import { hasTimetable } from '../planner/planner.ts';
import type { SharedSchedule } from '../planner/schedules.ts';
import { judgeTicks, passedOver, runOn } from './late.ts';
import type { LatePolicy, Stretch } from './late.ts';

/** What a look at one job gives. */
export interface Judgement {
  /** Oldest first; empty when nothing is due. */
  readonly stretches: readonly Stretch[];
  /** The timetable ends after the last stretch: expired. */
  readonly ends: boolean;
  /** When to look again; null = never. Meaningful when there are no stretches. */
  readonly wakeAt: EpochNanos | null;
}

const NOTHING: Judgement = { stretches: [], ends: false, wakeAt: null };

/** @param pausedUntil ticks up to here fell into a pause of the schedule; null = none did */
export function judgeJob(
  job: StoredJob,
  shared: SharedSchedule,
  now: EpochNanos,
  policy: LatePolicy,
  pausedUntil: EpochNanos | null,
): Judgement {
  const { definition, state } = job;
  const { schedule } = shared;
  if (definition.disabled || !hasTimetable(definition) || state.nextTick === null) return NOTHING;
  if (isPlain(job, shared, now, policy, pausedUntil)) {
    return { stretches: [runOn(state.nextTick, 'schedule')], ends: false, wakeAt: null };
  }
  let after = state.decidedUpTo;
  const stretches: Stretch[] = [];
  const { startsAt, expiresAt } = definition;
  if (startsAt !== null && startsAt - 1n > after) {
    const wakeAt = firstDue(schedule, after, startsAt);
    if (wakeAt === null || wakeAt > now) return { ...NOTHING, wakeAt };
    stretches.push(...passedOver(schedule, after, startsAt - 1n < now ? startsAt - 1n : now, 'skipped', 'not_started'));
    after = startsAt - 1n;
  }
  if (pausedUntil !== null && !isStoredAfter(pausedUntil, job, schedule)) {
    const until = [pausedUntil, now, ...(expiresAt === null ? [] : [expiresAt])].reduce((a, b) => (a < b ? a : b));
    stretches.push(...passedOver(schedule, after, until, 'skipped', 'paused'));
    if (until > after) after = until;
  }
  const until = expiresAt !== null && expiresAt < now ? expiresAt : now;
  stretches.push(...judgeTicks(schedule, after, until, now, policy));
  const ends = expireAfter(schedule, after, expiresAt, now, stretches);
  return { stretches, ends, wakeAt: schedule.next(state.decidedUpTo) ?? null };
}

/** One tick, on time, nothing else to consider: what nearly every look finds. Schedules are asked as rarely as can be. */
function isPlain(
  { definition, state }: StoredJob,
  shared: SharedSchedule,
  now: EpochNanos,
  { graceNanos, heldNanos }: LatePolicy,
  pausedUntil: EpochNanos | null,
): boolean {
  const tick = state.nextTick!;
  if (definition.startsAt !== null || definition.expiresAt !== null || shared.schedule.kind === 'after') return false;
  if (tick <= state.decidedUpTo || tick > now || tick < now - heldNanos - graceNanos) return false;
  if (pausedUntil !== null && tick <= pausedUntil) return false;
  const following = shared.nextAfter(tick);
  return following === undefined || following > now;
}

/** A late `@after` is due for its grace, not for when it was stored: a pause that was over by then is none of its business. */
function isStoredAfter(pausedUntil: EpochNanos, { state }: StoredJob, schedule: Schedule): boolean {
  // The anchor is the second in which the schedule was set.
  return schedule.kind === 'after' && state.anchor + NANOS_PER_SECOND > pausedUntil;
}

/** A job before its `starts_at` sleeps until the first tick that may run, so waiting costs nothing per tick. */
function firstDue(schedule: Schedule, after: EpochNanos, startsAt: EpochNanos): EpochNanos | null {
  return schedule.next(startsAt - 1n) ?? schedule.next(after) ?? null;
}

/** Records the first tick after `expires_at`, once it is due. */
function expireAfter(
  schedule: Schedule,
  after: EpochNanos,
  expiresAt: EpochNanos | null,
  now: EpochNanos,
  stretches: Stretch[],
): boolean {
  if (expiresAt === null) return false;
  const tick = schedule.next(expiresAt > after ? expiresAt : after);
  if (tick === undefined || tick > now) return false;
  stretches.push({ tick, lastTick: tick, count: 1, decision: 'skipped', reason: 'expired', trigger: 'schedule' });
  return true;
}
