import type { EpochNanos } from '@dkron/runtime';
import { ordered, sortedMap, writeGoJson, type GoJson, type GoObject, type WriteOptions } from './go-json.ts';
import { nullableTimeText, timeText } from './go-time.ts';
import type { JobDefinition, StoredJob, StringMap } from './job.ts';

/** How a job's JSON is laid out, and what it shows beside the record. */
export interface JobJsonOptions extends WriteOptions {
  /** What `next` shows (see `comingTick`). Default: the stored value. */
  readonly coming?: EpochNanos;
}

/** Keys of ours that a job carries only where they differ from these. */
export const ADDITIVE_DEFAULTS = {
  dstGap: 'skip',
  dstOverlap: 'both',
  catchup: 'skip',
  catchupWindow: '24h',
  timeout: '',
} as const;

type Member = readonly [key: string, value: GoJson];

/** The additive keys of a definition, without those at their defaults. */
export function additiveMembers(
  job: Pick<JobDefinition, 'dstGap' | 'dstOverlap' | 'catchup' | 'catchupWindow' | 'timeout'>,
): Member[] {
  const members: Member[] = [];
  if (job.dstGap !== ADDITIVE_DEFAULTS.dstGap) members.push(['dst_gap', job.dstGap]);
  if (job.dstOverlap !== ADDITIVE_DEFAULTS.dstOverlap) members.push(['dst_overlap', job.dstOverlap]);
  if (job.catchup !== ADDITIVE_DEFAULTS.catchup) members.push(['catchup', job.catchup]);
  if (job.catchupWindow !== ADDITIVE_DEFAULTS.catchupWindow) members.push(['catchup_window', job.catchupWindow]);
  if (job.timeout !== ADDITIVE_DEFAULTS.timeout) members.push(['timeout', job.timeout]);
  return members;
}

/** Stored maps show as null when empty. */
function mapOrNull(map: StringMap | null): GoObject | null {
  return map === null || Object.keys(map).length === 0 ? null : sortedMap(map);
}

function processorsOf(processors: JobDefinition['processors']): GoObject | null {
  return sortedMap(Object.fromEntries(Object.entries(processors).map(([name, config]) => [name, sortedMap(config)])));
}

/** A stored job as a value in the original's key order; additive keys follow, `problem` last. */
export function jobValue(job: StoredJob, options: Pick<JobJsonOptions, 'coming'> = {}): GoObject {
  const { definition, state } = job;
  return ordered(
    ['id', definition.name],
    ['name', definition.name],
    ['displayname', definition.displayName],
    ['timezone', definition.timezone],
    ['schedule', definition.schedule],
    ['owner', definition.owner],
    ['owner_email', definition.ownerEmail],
    ['success_count', state.successCount],
    ['error_count', state.errorCount],
    ['last_success', nullableTimeText(state.lastSuccess)],
    ['last_error', nullableTimeText(state.lastError)],
    ['disabled', definition.disabled],
    ['tags', mapOrNull(definition.tags)],
    ['metadata', mapOrNull(definition.metadata)],
    ['retries', definition.retries],
    ['dependent_jobs', state.dependentJobs.length === 0 ? null : state.dependentJobs],
    ['parent_job', definition.parentJob],
    ['processors', processorsOf(definition.processors)],
    ['concurrency', definition.concurrency],
    ['executor', definition.executor],
    ['executor_config', mapOrNull(definition.executorConfig)],
    ['status', state.status],
    ['next', timeText(options.coming ?? state.next)],
    ['ephemeral', definition.ephemeral],
    ['starts_at', nullableTimeText(definition.startsAt)],
    ['expires_at', nullableTimeText(definition.expiresAt)],
    ...additiveMembers(definition),
    ...(state.problem === '' ? [] : [['problem', state.problem] as const]),
  );
}

/** The bytes of GET /v1/jobs/:job. */
export function jobToJson(job: StoredJob, options: JobJsonOptions = {}): string {
  return writeGoJson(jobValue(job, options), options);
}
