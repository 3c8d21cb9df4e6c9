import { ZERO_TIME } from '@dkron/runtime';
import type { Concurrency, JobDefinition, StoredJob, StringMap, SubmittedState } from '@dkron/jobs';
import type { Job } from '../gen/types/v1/dkron.ts';
import { ContractError } from '../errors.ts';
import { nullableTimeFromWire, nullableTimeToWire, timestampFromWire, timestampToWire } from './time.ts';

/** What `types.v1.Job` has no fields for. */
export type JobAdditions = Pick<JobDefinition, 'dstGap' | 'dstOverlap' | 'catchup' | 'catchupWindow' | 'timeout'>;

/** What `types.v1.Job` carries: a definition and the read-only keys beside it. */
export interface WireJob {
  readonly definition: JobDefinition;
  readonly submitted: SubmittedState;
}

const INT32_MAX = 0x7fffffff;

/** Counters above 2^31-1 stay there. */
export function jobToWire({
  definition,
  state,
}: Pick<StoredJob, 'definition'> & { readonly state: SubmittedState }): Job {
  return {
    name: definition.name,
    timezone: definition.timezone,
    schedule: definition.schedule,
    owner: definition.owner,
    ownerEmail: definition.ownerEmail,
    successCount: Math.min(state.successCount, INT32_MAX),
    errorCount: Math.min(state.errorCount, INT32_MAX),
    disabled: definition.disabled,
    tags: mapToWire(definition.tags),
    retries: definition.retries,
    dependentJobs: [...(state.dependentJobs ?? [])],
    parentJob: definition.parentJob,
    concurrency: definition.concurrency,
    executor: definition.executor,
    executorConfig: mapToWire(definition.executorConfig),
    status: state.status,
    metadata: mapToWire(definition.metadata),
    next: timestampToWire(state.next),
    displayname: definition.displayName,
    lastSuccess: nullableTimeToWire(state.lastSuccess),
    lastError: nullableTimeToWire(state.lastError),
    processors: new Map(
      Object.entries(definition.processors).map(([name, config]) => [name, { config: mapToWire(config) }]),
    ),
    ephemeral: definition.ephemeral,
    expiresAt: nullableTimeToWire(definition.expiresAt),
    startsAt: nullableTimeToWire(definition.startsAt),
  };
}

/**
 * Nothing is validated but `concurrency`, whose type allows nothing else. Empty maps and lists cannot be told from
 * absent ones and become null; an absent `next` becomes ZERO_TIME.
 * @throws ContractError for an unknown concurrency
 */
export function jobFromWire(wire: Job, additions: JobAdditions): WireJob {
  return {
    definition: {
      name: wire.name,
      displayName: wire.displayname,
      timezone: wire.timezone,
      schedule: wire.schedule,
      owner: wire.owner,
      ownerEmail: wire.ownerEmail,
      disabled: wire.disabled,
      tags: mapFromWire(wire.tags),
      metadata: mapFromWire(wire.metadata),
      retries: wire.retries,
      parentJob: wire.parentJob,
      processors: recordOf([...wire.processors].map(([name, { config }]) => [name, recordOf([...config])])),
      concurrency: concurrencyFromWire(wire),
      executor: wire.executor,
      executorConfig: mapFromWire(wire.executorConfig),
      ephemeral: wire.ephemeral,
      startsAt: nullableTimeFromWire(wire.startsAt),
      expiresAt: nullableTimeFromWire(wire.expiresAt),
      dstGap: additions.dstGap,
      dstOverlap: additions.dstOverlap,
      catchup: additions.catchup,
      catchupWindow: additions.catchupWindow,
      timeout: additions.timeout,
    },
    submitted: {
      successCount: wire.successCount,
      errorCount: wire.errorCount,
      lastSuccess: nullableTimeFromWire(wire.lastSuccess),
      lastError: nullableTimeFromWire(wire.lastError),
      status: wire.status,
      next: wire.next === undefined ? ZERO_TIME : timestampFromWire(wire.next),
      dependentJobs: wire.dependentJobs.length === 0 ? null : wire.dependentJobs,
    },
  };
}

function concurrencyFromWire({ name, concurrency }: Job): Concurrency {
  if (concurrency === 'allow' || concurrency === 'forbid' || concurrency === '') return concurrency;
  throw new ContractError(`job "${name}": concurrency "${concurrency}" is not one of allow, forbid`);
}

function mapToWire(map: StringMap | null): Map<string, string> {
  return new Map(map === null ? [] : Object.entries(map));
}

function mapFromWire(map: ReadonlyMap<string, string>): StringMap | null {
  return map.size === 0 ? null : recordOf([...map]);
}

/** `fromEntries` defines its keys, so `__proto__` stays data. */
function recordOf<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries) as Record<string, T>;
}
