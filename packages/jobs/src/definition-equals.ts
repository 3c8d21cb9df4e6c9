import type { JobDefinition, StringMap } from './job.ts';

const NOTHING: Readonly<Record<string, never>> = {};

function sameEntries<T>(
  left: Readonly<Record<string, T>> | null,
  right: Readonly<Record<string, T>> | null,
  same: (a: T, b: T) => boolean,
): boolean {
  if (left === right) return true;
  const [a, b] = [left ?? NOTHING, right ?? NOTHING];
  let more = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !same(a[key] as T, b[key] as T)) return false;
    more += 1;
  }
  for (const _ in b) more -= 1;
  return more === 0;
}

function sameText(left: string, right: string): boolean {
  return left === right;
}

function sameMap(left: StringMap | null, right: StringMap | null): boolean {
  return sameEntries(left, right, sameText);
}

function sameProcessors(left: JobDefinition['processors'], right: JobDefinition['processors']): boolean {
  return sameEntries(left, right, sameMap);
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
  for (let i = 0; i < PLAIN_KEYS.length; i += 1) {
    const key = PLAIN_KEYS[i] as keyof typeof PLAIN;
    if (left[key] !== right[key]) return false;
  }
  return (
    sameMap(left.tags, right.tags) &&
    sameMap(left.metadata, right.metadata) &&
    sameMap(left.executorConfig, right.executorConfig) &&
    sameProcessors(left.processors, right.processors)
  );
}

/**
 * `definition` as an object of its own that shares with `before` every text and map which says the same: of jobs that
 * are edited again and again, memory holds what changed.
 */
export function sharedDefinition(before: JobDefinition, definition: JobDefinition): JobDefinition {
  return {
    name: text(before.name, definition.name),
    displayName: text(before.displayName, definition.displayName),
    timezone: text(before.timezone, definition.timezone),
    schedule: text(before.schedule, definition.schedule),
    owner: text(before.owner, definition.owner),
    ownerEmail: text(before.ownerEmail, definition.ownerEmail),
    disabled: definition.disabled,
    tags: map(before.tags, definition.tags),
    metadata: map(before.metadata, definition.metadata),
    retries: definition.retries,
    parentJob: text(before.parentJob, definition.parentJob),
    processors: sameProcessors(before.processors, definition.processors) ? before.processors : definition.processors,
    concurrency: text(before.concurrency, definition.concurrency),
    executor: text(before.executor, definition.executor),
    executorConfig: map(before.executorConfig, definition.executorConfig),
    ephemeral: definition.ephemeral,
    startsAt: definition.startsAt,
    expiresAt: definition.expiresAt,
    dstGap: text(before.dstGap, definition.dstGap),
    dstOverlap: text(before.dstOverlap, definition.dstOverlap),
    catchup: text(before.catchup, definition.catchup),
    catchupWindow: text(before.catchupWindow, definition.catchupWindow),
    timeout: text(before.timeout, definition.timeout),
  };
}

function text<T extends string>(before: T, after: T): T {
  return before === after ? before : after;
}

/** No map and an empty one are not the same here. */
function map(before: StringMap | null, after: StringMap | null): StringMap | null {
  return before !== null && after !== null && sameMap(before, after) ? before : after;
}
