import { OnceSchedule } from './once-schedule.ts';
import type { Schedule } from './schedule.ts';
import { SecondsSchedule } from './seconds-schedule.ts';

/** The zone in which a schedule's times are shown: its own, else the job's, else the default. */
export function zoneOf(schedule: Schedule): string {
  return schedule instanceof SecondsSchedule || schedule instanceof OnceSchedule ? schedule.zone : 'UTC';
}
