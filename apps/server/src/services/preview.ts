import { describe, formatRfc3339, nextN, parseSchedule, ScheduleParseError } from '@dkron/cron';
import type { Schedule } from '@dkron/cron';
import type { EpochNanos } from '@dkron/runtime';
import type { z } from 'zod';
import type { preview, previewQuery } from '../http/schemas/preview.ts';
import { cut, invalidQuery } from '../http/schemas/query-schema.ts';

const COUNT_DEFAULT = 5;

type Asked = z.output<typeof previewQuery>;

interface Surroundings {
  /** Zone of schedules without one. */
  readonly defaultTimezone: string;
  readonly now: EpochNanos;
}

/** The next ticks of a schedule in words and times. Throws ApiError 400 for a schedule or zone that cannot be read. */
export function previewSchedule(asked: Asked, { defaultTimezone, now }: Surroundings): z.output<typeof preview> {
  const { from = now, count = COUNT_DEFAULT } = asked;
  const schedule = scheduleOf(asked, from, defaultTimezone);
  const next = nextN(schedule, from, count);
  const last = next.at(-1);
  return {
    schedule: asked.schedule,
    resolved: schedule.resolved,
    timezone: schedule.timezone ?? (asked.timezone || defaultTimezone),
    description: describe(schedule),
    next: next.map(({ tick, local, notes }) => ({ tick: formatRfc3339(tick), local, notes })),
    complete: last === undefined || schedule.next(last.tick) === undefined,
  };
}

/** `@every` counts from `from`, as it would for a job stored then. */
function scheduleOf(asked: Asked, anchor: EpochNanos, defaultTimezone: string): Schedule {
  const { schedule, job = '', timezone = '', dst_gap: dstGap = 'skip', dst_overlap: dstOverlap = 'both' } = asked;
  try {
    return parseSchedule(schedule, { jobName: job, timezone, defaultTimezone, anchor, dstGap, dstOverlap });
  } catch (error) {
    if (!(error instanceof ScheduleParseError)) throw error;
    const { code, message, column, expected: allowed } = error;
    throw invalidQuery([
      code === 'schedule_timezone' && column === null
        ? { code: 'unknown_zone', message, field: 'timezone', value: cut(timezone), allowed, column }
        : { code: 'invalid_schedule', message, field: 'schedule', value: cut(schedule), allowed, column },
    ]);
  }
}
