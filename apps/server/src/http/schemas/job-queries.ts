import { EXECUTION_STATES, LEDGER_DECISIONS, LEDGER_REASONS, TRIGGERS } from '@dkron/jobs';
import { z } from 'zod';
import { instantParameter, numberParameter, positionParameter, stampParameter, wordParameter } from './query-schema.ts';
import { documentedAs } from './documented.ts';

/**
 * The queries of lists. Those of added paths are read by these schemas, which refuse what is not described; `query.ts`
 * and its neighbours read those of the original in its odd ways.
 */
const position = (description: string): z.ZodType =>
  documentedAs(z.string(), { type: 'integer' }).optional().meta({ description });
const start = position('First position of the page, from 0');
const order = (fallback: string): z.ZodType =>
  z
    .string()
    .optional()
    .meta({ description: `\`DESC\` or \`ASC\`; absent = \`${fallback}\`` });
const limit = (description: string): z.ZodType => position(description);

const addedPage = {
  _order: wordParameter(['DESC', 'ASC']).optional().meta({ description: 'Absent = `DESC`' }),
  _start: positionParameter.optional().meta({ description: 'First position of the page, from 0' }),
  _end: positionParameter.optional().meta({ description: 'Position after the last; absent = 100 after `_start`' }),
};

/** The key alone means true. */
const switchParameter = (): z.ZodType => wordParameter(['true', 'false', '1', '0']).optional();

/** Keys that jobs and executions are sorted by in the original's lists. */
export const JOB_SORT_KEYS = [
  'name',
  'displayname',
  'schedule',
  'success_count',
  'error_count',
  'last_success',
  'last_error',
  'next',
] as const;
export const EXECUTION_SORT_KEYS = ['id', 'started_at', 'finished_at', 'attempt'] as const;

export const jobsQuery = z.object({
  _sort: wordParameter(['id', ...JOB_SORT_KEYS])
    .optional()
    .meta({ description: 'Key to sort by; absent = `id`' }),
  _order: order('ASC'),
  _start: start,
  _end: position('Position after the last; absent = all'),
  q: z.string().optional().meta({ description: 'Part of `name` or `displayname`' }),
  status: z.string().optional().meta({ description: 'Exact; `untriggered` = never ran' }),
  disabled: z.string().optional().meta({ description: '`true` or `false`' }),
  'metadata[key]': z
    .string()
    .optional()
    .meta({ description: 'Jobs whose metadata has this value; for any key, repeatable' }),
});

export const createQuery = z.object({
  runoncreate: z.string().optional().meta({ description: 'Present with any value: run the job at once' }),
  dry_run: switchParameter().meta({ description: '`true`: judge the job and store nothing' }),
});

export const runQuery = z.object({
  wait: switchParameter().meta({ description: '`false`: answer 202 when the start is committed' }),
  respect_concurrency: switchParameter().meta({ description: '`true`: 409 while a run of a `forbid` job is open' }),
});

export const jobExecutionsQuery = z.object({
  _sort: wordParameter(EXECUTION_SORT_KEYS).optional(),
  _order: order('DESC'),
  _start: start,
  _end: position('Position after the last; absent = all'),
  output_size_limit: limit('Keep the last bytes of the output; absent = all'),
});

export const executionsQuery = z.object({
  job: z.string().optional(),
  state: wordParameter(EXECUTION_STATES).optional().meta({ description: 'Repeatable: any of them' }),
  node: z.string().optional(),
  trigger: wordParameter(TRIGGERS).optional(),
  group: stampParameter.optional(),
  from: instantParameter.optional().meta({ description: 'Earliest `started_at`' }),
  to: instantParameter.optional().meta({ description: 'Latest `started_at`' }),
  _sort: wordParameter(['started_at', 'finished_at'])
    .optional()
    .meta({ description: 'Absent = by the number in the id' }),
  ...addedPage,
  output_size_limit: numberParameter(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Keep the last bytes of the output; absent = 0' }),
});

export const ticksQuery = z.object({
  decision: wordParameter(LEDGER_DECISIONS).optional(),
  reason: wordParameter(LEDGER_REASONS).optional(),
  trigger: wordParameter(TRIGGERS).optional(),
  from: instantParameter.optional().meta({ description: 'Earliest `tick`' }),
  to: instantParameter.optional().meta({ description: 'Latest `tick`' }),
  ...addedPage,
});

export const statsQuery = z.object({
  days: position('How many days, 1 to 365; absent = 30'),
});
