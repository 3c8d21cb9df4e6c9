import type { JobDefinition, StringMap } from './job.ts';

function sameMap(left: StringMap | null, right: StringMap | null): boolean {
  const a = Object.entries(left ?? {});
  const b = right ?? {};
  return a.length === Object.keys(b).length && a.every(([key, value]) => Object.hasOwn(b, key) && b[key] === value);
}

function sameProcessors(left: JobDefinition['processors'], right: JobDefinition['processors']): boolean {
  const a = Object.entries(left);
  return (
    a.length === Object.keys(right).length &&
    a.every(([name, config]) => Object.hasOwn(right, name) && sameMap(config, right[name] ?? null))
  );
}

/** Plain values by key; a new key of JobDefinition does not compile until it is entered here or below. */
const PLAIN: Readonly<
  Record<Exclude<keyof JobDefinition, 'tags' | 'metadata' | 'executorConfig' | 'processors'>, true>
> = {
  name: true,
  displayName: true,
  timezone: true,
  schedule: true,
  owner: true,
  ownerEmail: true,
  disabled: true,
  retries: true,
  parentJob: true,
  concurrency: true,
  executor: true,
  ephemeral: true,
  startsAt: true,
  expiresAt: true,
  dstGap: true,
  dstOverlap: true,
  catchup: true,
  catchupWindow: true,
  timeout: true,
};
const PLAIN_KEYS = Object.keys(PLAIN) as (keyof typeof PLAIN)[];

/** Whether two definitions say the same. The order of map keys does not count; an empty map is no map. */
export function definitionEquals(left: JobDefinition, right: JobDefinition): boolean {
  return (
    PLAIN_KEYS.every((key) => left[key] === right[key]) &&
    sameMap(left.tags, right.tags) &&
    sameMap(left.metadata, right.metadata) &&
    sameMap(left.executorConfig, right.executorConfig) &&
    sameProcessors(left.processors, right.processors)
  );
}
