import { DST_GAPS, DST_OVERLAPS } from '@dkron/jobs';
import { z } from 'zod';
import { instantParameter, numberParameter, wordParameter } from './query-schema.ts';
import { timeText } from './values.ts';

export const PREVIEW_COUNT_MAX = 100;

/** Query of `GET /v1/schedules/preview`. */
export const previewQuery = z.object({
  schedule: z
    .string('a schedule, e.g. 0 30 2 * * * or @every 1h')
    .meta({ description: 'Schedule text, as in a job', example: '0 30 2 * * *' }),
  timezone: z.string().optional().meta({ description: "Time zone; absent = the cluster's", example: 'Europe/Berlin' }),
  job: z.string().optional().meta({ description: 'Name of the job, for `~` in the schedule' }),
  dst_gap: wordParameter(DST_GAPS).optional().meta({ description: 'As in a job' }),
  dst_overlap: wordParameter(DST_OVERLAPS).optional().meta({ description: 'As in a job' }),
  from: instantParameter.optional().meta({ description: 'Ticks after this instant; absent = now' }),
  count: numberParameter(1, PREVIEW_COUNT_MAX).optional().meta({ description: 'How many ticks; absent = 5' }),
});

export const previewTick = z
  .strictObject({
    tick: timeText.meta({ description: 'The instant, in UTC' }),
    local: timeText.meta({ description: "The same in the schedule's zone, with its offset" }),
    notes: z.array(z.enum(['gap', 'overlap_first', 'overlap_last', 'moved'])).meta({
      description:
        'What a clock change does: `gap` a run before this one is left out, `overlap_first`/`overlap_last` the reading occurs twice, `moved` due because of readings inside a gap',
    }),
  })
  .meta({ id: 'PreviewTick', description: 'An instant at which a schedule is due' });

export const preview = z
  .strictObject({
    schedule: z.string().meta({ description: 'As asked' }),
    resolved: z.string().meta({ description: 'With numbers in place of `~`' }),
    timezone: z.string(),
    description: z.string().meta({ description: 'The schedule in words' }),
    next: z.array(previewTick),
    complete: z.boolean().meta({ description: 'There is no further tick' }),
  })
  .meta({ id: 'Preview', description: 'A schedule in words, and its next instants' });
