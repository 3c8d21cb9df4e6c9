import { z } from 'zod';

export const EVENT_TYPES = ['job', 'tick', 'execution'] as const;

const TYPES_ALLOWED = `a comma list of ${EVENT_TYPES.join(', ')}`;

/** Query of `GET /v1/events`. */
export const eventsQuery = z.object({
  job: z.string().optional().meta({ description: 'Only what concerns this job' }),
  types: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(EVENT_TYPES, TYPES_ALLOWED)))
    .optional()
    .meta({ description: `Only these: ${TYPES_ALLOWED}` }),
});
