import type { EpochNanos } from '@dkron/runtime';
import { EverySchedule } from './every-schedule.ts';
import { floorSeconds } from './seconds-schedule.ts';
import type { Schedule } from './schedule.ts';

/** The ticks of an interval, counted up to a limit. */
export interface TickCount {
  /** Ticks in the interval, or `max` when there are at least so many. */
  readonly count: number;
  /** Undefined when there is none. */
  readonly first: EpochNanos | undefined;
  /** The latest tick of the interval, also when counting stopped before it. */
  readonly last: EpochNanos | undefined;
}

/**
 * How many ticks lie in (after, until]. `@every` is computed; other schedules take one `next()` per tick, at most `max`.
 *
 * @param until - inclusive
 */
export function countTicks(schedule: Schedule, after: EpochNanos, until: EpochNanos, max: number): TickCount {
  const first = schedule.next(after);
  if (first === undefined || first > until || max < 1) return { count: 0, first: undefined, last: undefined };
  const last = schedule.previous(until + 1n);
  return { count: Math.min(max, countFrom(schedule, after, until, max)), first, last };
}

function countFrom(schedule: Schedule, after: EpochNanos, until: EpochNanos, max: number): number {
  if (schedule.kind !== 'fields' && schedule.kind !== 'every') return 1;
  const end = floorSeconds(until);
  if (schedule instanceof EverySchedule) return schedule.count(floorSeconds(after), end);
  let count = 0;
  for (
    let tick = schedule.nextSeconds(floorSeconds(after));
    tick <= end && count < max;
    tick = schedule.nextSeconds(tick)
  )
    count += 1;
  return count;
}
