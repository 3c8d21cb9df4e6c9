import { formatRfc3339 } from '@dkron/cron';
import type { JobDefinition, StoredJob } from '@dkron/jobs';
import type { Clock, EpochNanos } from '@dkron/runtime';

/** Why an enabled job without parent never runs by its schedule; undefined = it does, or is meant to be run by hand. */
export function neverDue(
  { schedule, expiresAt }: JobDefinition,
  hasComingTick: boolean,
  now: EpochNanos,
): string | undefined {
  if (expiresAt !== null && expiresAt <= now) {
    return `expires_at: ${formatRfc3339(expiresAt)} is past, the job never runs by schedule`;
  }
  if (hasComingTick || schedule === '' || schedule === '@manually') return undefined;
  return `schedule: "${schedule}" has no coming tick`;
}

/** The same for a job as it was just stored. */
export function storedNeverDue({ definition, state }: StoredJob, clock: Pick<Clock, 'wallNanos'>): string | undefined {
  if (definition.disabled || definition.parentJob !== '' || state.problem !== '') return undefined;
  // What most jobs are: the clock need not be asked.
  if (definition.expiresAt === null && state.nextTick !== null) return undefined;
  return neverDue(definition, state.nextTick !== null, clock.wallNanos());
}
