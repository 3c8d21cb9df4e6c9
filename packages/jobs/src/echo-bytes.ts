import { ZERO_TIME } from '@dkron/runtime';
import { timeText } from './go-time.ts';
import { JsonBytes } from './json-bytes.ts';
import { additiveMembers } from './job-json.ts';
import type { Echoed } from './submission.ts';
import { encodeUtf8 } from './utf8.ts';

const writer = new JsonBytes();
const ZERO = timeText(ZERO_TIME);
const END = encodeUtf8('}');

/** What stands before the value of each key. */
const BEFORE = {
  id: encodeUtf8('{"id":'),
  name: before('name'),
  displayname: before('displayname'),
  timezone: before('timezone'),
  schedule: before('schedule'),
  owner: before('owner'),
  owner_email: before('owner_email'),
  success_count: before('success_count'),
  error_count: before('error_count'),
  last_success: before('last_success'),
  last_error: before('last_error'),
  disabled: before('disabled'),
  tags: before('tags'),
  metadata: before('metadata'),
  retries: before('retries'),
  dependent_jobs: before('dependent_jobs'),
  parent_job: before('parent_job'),
  processors: before('processors'),
  concurrency: before('concurrency'),
  executor: before('executor'),
  executor_config: before('executor_config'),
  status: before('status'),
  next: before('next'),
  ephemeral: before('ephemeral'),
  starts_at: before('starts_at'),
  expires_at: before('expires_at'),
} as const;

function before(key: string): Uint8Array {
  return encodeUtf8(`,"${key}":`);
}

/** `echoJobJson` as UTF-8 for the way that creates take by the thousand. The bytes are valid until the next call. */
export function echoJobBytes({ echo, definition }: Echoed): Uint8Array {
  put(BEFORE.id, echo.id);
  put(BEFORE.name, echo.name);
  put(BEFORE.displayname, echo.displayname);
  put(BEFORE.timezone, echo.timezone);
  put(BEFORE.schedule, echo.schedule);
  put(BEFORE.owner, echo.owner);
  put(BEFORE.owner_email, echo.owner_email);
  writer.raw(BEFORE.success_count);
  writer.integer(echo.success_count);
  writer.raw(BEFORE.error_count);
  writer.integer(echo.error_count);
  put(BEFORE.last_success, echo.last_success?.echo ?? null);
  put(BEFORE.last_error, echo.last_error?.echo ?? null);
  writer.raw(BEFORE.disabled);
  writer.bool(echo.disabled);
  writer.raw(BEFORE.tags);
  writer.map(echo.tags);
  writer.raw(BEFORE.metadata);
  writer.map(echo.metadata);
  writer.raw(BEFORE.retries);
  writer.integer(echo.retries);
  writer.raw(BEFORE.dependent_jobs);
  writer.strings(echo.dependent_jobs);
  put(BEFORE.parent_job, echo.parent_job);
  writer.raw(BEFORE.processors);
  writer.maps(echo.processors);
  put(BEFORE.concurrency, echo.concurrency);
  put(BEFORE.executor, echo.executor);
  writer.raw(BEFORE.executor_config);
  writer.map(echo.executor_config);
  put(BEFORE.status, echo.status);
  put(BEFORE.next, echo.next?.echo ?? ZERO);
  writer.raw(BEFORE.ephemeral);
  writer.bool(echo.ephemeral);
  put(BEFORE.starts_at, echo.starts_at?.echo ?? null);
  put(BEFORE.expires_at, echo.expires_at?.echo ?? null);
  for (const [key, value] of additiveMembers(definition)) put(before(key), value as string);
  writer.raw(END);
  return writer.take();
}

function put(key: Uint8Array, value: string | null): void {
  writer.raw(key);
  writer.nullable(value);
}
