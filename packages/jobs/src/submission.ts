import { ZERO_TIME } from '@dkron/runtime';
import type { MapValue } from './field-reader.ts';
import { ordered, sortedMap, writeGoJson, type WriteOptions } from './go-json.ts';
import { timeText, type SubmittedTime } from './go-time.ts';
import { ADDITIVE_DEFAULTS, additiveMembers } from './job-json.ts';
import type { JobDefinition } from './job.ts';

/** A job exactly as sent, under its JSON names, with defaults where nothing was sent. */
export interface JobSubmission {
  id: string;
  name: string;
  displayname: string;
  timezone: string;
  schedule: string;
  owner: string;
  owner_email: string;
  /** 64 bits, before the 32-bit limits are applied. */
  success_count: bigint;
  error_count: bigint;
  last_success: SubmittedTime | null;
  last_error: SubmittedTime | null;
  disabled: boolean;
  tags: MapValue;
  metadata: MapValue;
  retries: bigint;
  dependent_jobs: readonly string[] | null;
  parent_job: string;
  processors: Readonly<Record<string, MapValue>> | null;
  concurrency: string;
  executor: string;
  executor_config: MapValue;
  status: string;
  next: SubmittedTime | null;
  ephemeral: boolean;
  starts_at: SubmittedTime | null;
  expires_at: SubmittedTime | null;
  dst_gap: string;
  dst_overlap: string;
  catchup: string;
  catchup_window: string;
  timeout: string;
}

/** What an empty object means. */
export function emptySubmission(): JobSubmission {
  return {
    id: '',
    name: '',
    displayname: '',
    timezone: '',
    schedule: '',
    owner: '',
    owner_email: '',
    success_count: 0n,
    error_count: 0n,
    last_success: null,
    last_error: null,
    disabled: false,
    tags: null,
    metadata: null,
    retries: 0n,
    dependent_jobs: null,
    parent_job: '',
    processors: null,
    concurrency: 'allow',
    executor: '',
    executor_config: null,
    status: '',
    next: null,
    ephemeral: false,
    starts_at: null,
    expires_at: null,
    dst_gap: ADDITIVE_DEFAULTS.dstGap,
    dst_overlap: ADDITIVE_DEFAULTS.dstOverlap,
    catchup: ADDITIVE_DEFAULTS.catchup,
    catchup_window: ADDITIVE_DEFAULTS.catchupWindow,
    timeout: ADDITIVE_DEFAULTS.timeout,
  };
}

/** What a request said, as the answer to it repeats it. */
export interface Echoed {
  readonly echo: JobSubmission;
  readonly definition: JobDefinition;
}

/**
 * The answer to a create: the job as submitted, not as stored. Maps and lists keep the difference between empty and
 * null, dates keep the sender's offset.
 */
export function echoJobJson(parsed: Echoed, options: WriteOptions = {}): string {
  const { echo } = parsed;
  const processors =
    echo.processors &&
    sortedMap(Object.fromEntries(Object.entries(echo.processors).map(([name, map]) => [name, sortedMap(map)])));
  const value = ordered(
    ['id', echo.id],
    ['name', echo.name],
    ['displayname', echo.displayname],
    ['timezone', echo.timezone],
    ['schedule', echo.schedule],
    ['owner', echo.owner],
    ['owner_email', echo.owner_email],
    ['success_count', echo.success_count],
    ['error_count', echo.error_count],
    ['last_success', echo.last_success?.echo ?? null],
    ['last_error', echo.last_error?.echo ?? null],
    ['disabled', echo.disabled],
    ['tags', sortedMap(echo.tags)],
    ['metadata', sortedMap(echo.metadata)],
    ['retries', echo.retries],
    ['dependent_jobs', echo.dependent_jobs],
    ['parent_job', echo.parent_job],
    ['processors', processors],
    ['concurrency', echo.concurrency],
    ['executor', echo.executor],
    ['executor_config', sortedMap(echo.executor_config)],
    ['status', echo.status],
    ['next', echo.next?.echo ?? timeText(ZERO_TIME)],
    ['ephemeral', echo.ephemeral],
    ['starts_at', echo.starts_at?.echo ?? null],
    ['expires_at', echo.expires_at?.echo ?? null],
    ...additiveMembers(parsed.definition),
  );
  return writeGoJson(value, options);
}
