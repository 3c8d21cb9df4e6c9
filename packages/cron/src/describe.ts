import type { Schedule } from './schedule.ts';

/** The schedule in English words. */
export function describe(schedule: Schedule): string {
  return schedule.resolved;
}
