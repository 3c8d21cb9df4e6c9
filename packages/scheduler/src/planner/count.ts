import type { Schedule } from '@dkron/cron';
import { TICK_COUNT_MAX } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';

/** Consecutive ticks; counting stops at 100,000, `lastTick` is true all the same. */
export interface TickRange {
  readonly tick: EpochNanos;
  readonly lastTick: EpochNanos;
  readonly count: number;
}

/** The ticks in (after, until]; undefined when there is none. */
export function rangeOf(schedule: Schedule, after: EpochNanos, until: EpochNanos): TickRange | undefined {
  const first = schedule.next(after);
  if (first === undefined || first > until) return undefined;
  let count = 1;
  let last = first;
  for (let tick = schedule.next(last); tick !== undefined && tick <= until; tick = schedule.next(last)) {
    last = tick;
    if (++count === TICK_COUNT_MAX) return { tick: first, lastTick: schedule.previous(until + 1n) ?? last, count };
  }
  return { tick: first, lastTick: last, count };
}
