import type { EpochNanos } from '@dkron/runtime';
import type { StoredJob } from './job.ts';

/**
 * The `next` that a reader sees: for an enabled job without parent that has a coming tick, `starts_at` while that lies
 * ahead, else the tick; otherwise the stored value.
 */
export function comingTick(job: StoredJob, nowNanos: EpochNanos): EpochNanos {
  const { definition, state } = job;
  if (definition.disabled || definition.parentJob !== '' || state.nextTick === null) return state.next;
  const { startsAt } = definition;
  return startsAt !== null && startsAt > nowNanos ? startsAt : state.nextTick;
}
