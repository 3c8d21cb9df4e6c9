import { CATCHUPS, DST_GAPS, DST_OVERLAPS } from '@dkron/jobs';
import { z } from 'zod';
import { count, int64, nullableMap, nullableTime, stringMap, timeText } from './values.ts';

const processors = z.union([z.record(z.string(), z.union([stringMap, z.null()])), z.null()]);

/** Words of the document, for the job and for what a create takes. */
const MEANING = {
  id: 'The name',
  name: 'Unique: lower-case letters, digits, `_` and `-`',
  displayname: 'Shown in place of the name',
  timezone: "IANA zone of the schedule; empty = the cluster's",
  schedule:
    'Six fields with seconds, a descriptor such as `@daily`, `@every 1h`, `@at`, `@after` or `@manually`; empty only with a parent',
  owner: 'Who looks after the job',
  owner_email: 'Who is told when it fails',
  success_count: 'Attempts that ended well',
  error_count: 'Attempts that failed',
  last_success: 'End of the last one that ended well',
  last_error: 'End of the last one that failed',
  disabled: 'Not run by schedule',
  tags: 'Nodes to run on: `value` or `value:count`; null = every node of the region',
  metadata: 'For the user; the list can be filtered by it',
  retries: 'Further attempts after a failed one',
  dependent_jobs: 'Children, kept by the server',
  parent_job: 'Run when this job has succeeded',
  processors: 'Processor of the output, and its configuration',
  concurrency: '`forbid` = no scheduled run while another is open',
  executor: 'What runs it, e.g. `shell` or `http`',
  executor_config: 'Its configuration, e.g. `command`',
  status: 'Of the last run; empty = never ran',
  next: 'Next run; year 1 = none',
  ephemeral: 'Deleted after its first success',
  starts_at: 'Not run before',
  expires_at: 'Not run after',
  dst_gap: 'Readings a clock change leaves out: none runs, or one right after; default `skip`',
  dst_overlap: 'Readings that occur twice: which pass runs; default `both`',
  catchup: 'Late ticks, e.g. after an outage: none, the newest, or all of them run; default `skip`',
  catchup_window: 'Older ticks never run: duration, 1s to 8760h; default `24h`',
  timeout: 'Of an attempt: duration such as `90s`; default none',
  problem: 'Why the stored job cannot be scheduled',
} as const;

const said = <T extends z.ZodType>(key: keyof typeof MEANING, schema: T): T =>
  schema.meta({ description: MEANING[key] });

/** A stored job as GET shows it. */
export const job = z
  .strictObject({
    id: said('id', z.string()),
    name: said('name', z.string()),
    displayname: said('displayname', z.string()),
    timezone: said('timezone', z.string()),
    schedule: said('schedule', z.string()),
    owner: said('owner', z.string()),
    owner_email: said('owner_email', z.string()),
    success_count: said('success_count', count),
    error_count: said('error_count', count),
    last_success: said('last_success', nullableTime),
    last_error: said('last_error', nullableTime),
    disabled: said('disabled', z.boolean()),
    tags: said('tags', nullableMap),
    metadata: said('metadata', nullableMap),
    retries: said('retries', count),
    dependent_jobs: said('dependent_jobs', z.union([z.array(z.string()), z.null()])),
    parent_job: said('parent_job', z.string()),
    processors,
    concurrency: said('concurrency', z.enum(['allow', 'forbid', ''])),
    executor: said('executor', z.string()),
    executor_config: said('executor_config', nullableMap),
    status: said('status', z.string()),
    next: said('next', timeText),
    ephemeral: said('ephemeral', z.boolean()),
    starts_at: said('starts_at', nullableTime),
    expires_at: said('expires_at', nullableTime),
    dst_gap: said('dst_gap', z.enum(DST_GAPS)).optional(),
    dst_overlap: said('dst_overlap', z.enum(DST_OVERLAPS)).optional(),
    catchup: said('catchup', z.enum(CATCHUPS)).optional(),
    catchup_window: said('catchup_window', z.string()).optional(),
    timeout: said('timeout', z.string()).optional(),
    problem: said('problem', z.string()).optional(),
  })
  .meta({ id: 'Job', description: 'A job. Keys from `dst_gap` on are left out while they hold their default.' });

const text = (key: keyof typeof MEANING): z.ZodType => said(key, z.union([z.string(), z.null()])).optional();
const flag = (key: keyof typeof MEANING): z.ZodType => said(key, z.union([z.boolean(), z.null()])).optional();
const whole = (key: keyof typeof MEANING): z.ZodType => said(key, z.union([int64, z.null()])).optional();
const time = (key: keyof typeof MEANING): z.ZodType =>
  said(key, z.union([timeText, z.literal(''), z.null()])).optional();
const map = (key: keyof typeof MEANING): z.ZodType =>
  said(key, z.union([z.record(z.string(), z.union([z.string(), z.null()])), z.null()])).optional();
const word = (key: keyof typeof MEANING, words: readonly [string, ...string[]]): z.ZodType =>
  said(key, z.union([z.enum(words), z.null()])).optional();

/** What a create or replace takes. `packages/jobs` reads it, since the original's reading of JSON is to be kept. */
export const jobInput = z
  .looseObject({
    id: text('id'),
    name: said('name', z.string()),
    displayname: text('displayname'),
    timezone: text('timezone'),
    schedule: text('schedule'),
    owner: text('owner'),
    owner_email: text('owner_email'),
    success_count: whole('success_count'),
    error_count: whole('error_count'),
    last_success: time('last_success'),
    last_error: time('last_error'),
    disabled: flag('disabled'),
    tags: map('tags'),
    metadata: map('metadata'),
    retries: whole('retries'),
    dependent_jobs: said('dependent_jobs', z.union([z.array(z.union([z.string(), z.null()])), z.null()])).optional(),
    parent_job: text('parent_job'),
    processors: said(
      'processors',
      z.union([
        z.record(z.string(), z.union([z.record(z.string(), z.union([z.string(), z.null()])), z.null()])),
        z.null(),
      ]),
    ).optional(),
    concurrency: word('concurrency', ['allow', 'forbid', '']),
    executor: text('executor'),
    executor_config: map('executor_config'),
    status: text('status'),
    next: said('next', z.union([timeText, z.null()])).optional(),
    ephemeral: flag('ephemeral'),
    starts_at: time('starts_at'),
    expires_at: time('expires_at'),
    dst_gap: word('dst_gap', DST_GAPS),
    dst_overlap: word('dst_overlap', DST_OVERLAPS),
    catchup: word('catchup', CATCHUPS),
    catchup_window: text('catchup_window'),
    timeout: text('timeout'),
  })
  .meta({
    id: 'JobInput',
    description:
      'The job as it shall be: there is no partial update. Absent and null mean the default; unknown keys are ignored; the letter case of keys does not count. Counters, dates of runs and `status` count for a job that is not stored yet.',
  });

/** The answer to a create: what was sent, with the defaults put in. */
export const jobEcho = job
  .extend({
    success_count: int64,
    error_count: int64,
    retries: int64,
    processors: z.union([z.record(z.string(), nullableMap), z.null()]),
  })
  .meta({ id: 'JobEcho', description: 'The job as submitted, with the defaults put in; GET shows the stored one.' });

export const dryRun = z
  .strictObject({
    valid: z.literal(true),
    job: job.meta({ description: 'As GET would show it' }),
    next: z.array(timeText).meta({ description: 'The next runs, at most 5' }),
    warnings: z.array(z.string()).meta({ description: 'What is allowed and probably not meant' }),
  })
  .meta({ id: 'DryRun', description: 'What a create or replace would do' });
