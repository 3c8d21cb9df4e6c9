import { ZERO_TIME } from '@dkron/runtime';
import { FieldReader } from './field-reader.ts';
import { fieldOf, type FieldName } from './job-fields.ts';
import type { JobDefinition, SubmittedState } from './job.ts';
import { JsonSyntaxError, readJson, type JsonNode } from './json-reader.ts';
import { JobInvalidError, problem, type Problem } from './problem.ts';
import { emptySubmission, type JobSubmission } from './submission.ts';
import { RETRIES_MAX, validateJob } from './validate-job.ts';

const UNKNOWN_KEYS_MAX = 10;
/** Answers have it, so what was read and is sent again may have it. */
const READ_ONLY_KEY = 'problem';
const COUNTER_MIN = -(2n ** 31n);
const COUNTER_MAX = 2n ** 31n - 1n;

/** A request to create or replace a job. */
export interface ParsedJob {
  /** As it would be stored; not yet judged: `validateJob` does that. */
  readonly definition: JobDefinition;
  readonly submitted: SubmittedState;
  /** Every field as sent, for `echoJobJson`. */
  readonly echo: JobSubmission;
  /** Keys that were ignored because a job has none such, at most 10; probably misspelt. */
  readonly unknownKeys: readonly string[];
}

/**
 * Reads the first JSON value of a request body as the original's decoder does: keys in any case, later keys win and maps
 * merge, null leaves defaults, unknown keys and trailing bytes are ignored. Values that the original would wrap at 32
 * bits are refused.
 *
 * @throws JobInvalidError with the original's text
 */
export function parseJobJson(text: string | Uint8Array): ParsedJob {
  return parseJobNode(readBody(text));
}

/**
 * The same for one value of a larger document, e.g. an element of a backup. `defaults` stand where nothing was sent.
 *
 * @throws JobInvalidError
 */
export function parseJobNode(node: JsonNode, defaults: Partial<JobSubmission> = {}): ParsedJob {
  const submission = Object.assign(emptySubmission(), defaults);
  const unknownKeys = node.kind === 'null' ? [] : readMembers(node, submission);
  submission.id = submission.name;
  const parsed = {
    definition: definitionOf(submission),
    submitted: submittedOf(submission),
    echo: submission,
    unknownKeys,
  };
  const wrapped = wrapProblems(submission);
  if (wrapped.length > 0) {
    const others = validateJob(parsed.definition).filter((found) => found.field !== 'retries');
    throw new JobInvalidError('Job validation failed', [...others, ...wrapped]);
  }
  return parsed;
}

function readBody(text: string | Uint8Array): JsonNode {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { message, column } = error;
    throw new JobInvalidError('Unable to parse payload', [
      problem('invalid_json', '', { allowed: 'a JSON object', column, message }),
    ]);
  }
}

/** @returns the first keys that a job does not have */
function readMembers(node: JsonNode, into: JobSubmission): string[] {
  if (node.kind !== 'object') {
    const message = `json: cannot unmarshal ${node.kind} into Go value of type dkron.Job`;
    throw new JobInvalidError('Unable to parse payload', [
      problem('invalid_value', '', { allowed: 'a JSON object', message }),
    ]);
  }
  const reader = new FieldReader();
  const unknown: string[] = [];
  const { keys, values } = node;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] as string;
    const set = setterOf(key);
    if (set !== undefined) set(reader, values[i] as JsonNode, into);
    else if (key !== READ_ONLY_KEY && unknown.length < UNKNOWN_KEYS_MAX) unknown.push(key);
  }
  const problems = reader.problems();
  if (problems.length > 0) throw new JobInvalidError('Unable to parse payload', problems);
  return unknown;
}

type Setter = (reader: FieldReader, value: JsonNode, into: JobSubmission) => unknown;

/** One function a field: a store under a name that varies costs more than reading the value. */
const FIELDS: Readonly<Record<FieldName, Setter>> = {
  id: (reader, value, into) => (into.id = reader.string('id', value, into.id)),
  name: (reader, value, into) => (into.name = reader.string('name', value, into.name)),
  displayname: (reader, value, into) => (into.displayname = reader.string('displayname', value, into.displayname)),
  timezone: (reader, value, into) => (into.timezone = reader.string('timezone', value, into.timezone)),
  schedule: (reader, value, into) => (into.schedule = reader.string('schedule', value, into.schedule)),
  owner: (reader, value, into) => (into.owner = reader.string('owner', value, into.owner)),
  owner_email: (reader, value, into) => (into.owner_email = reader.string('owner_email', value, into.owner_email)),
  success_count: (reader, value, into) =>
    (into.success_count = reader.integer('success_count', value, into.success_count)),
  error_count: (reader, value, into) => (into.error_count = reader.integer('error_count', value, into.error_count)),
  last_success: (reader, value, into) => (into.last_success = reader.time('last_success', value, into.last_success)),
  last_error: (reader, value, into) => (into.last_error = reader.time('last_error', value, into.last_error)),
  disabled: (reader, value, into) => (into.disabled = reader.bool('disabled', value, into.disabled)),
  tags: (reader, value, into) => (into.tags = reader.map('tags', value, into.tags)),
  metadata: (reader, value, into) => (into.metadata = reader.map('metadata', value, into.metadata)),
  retries: (reader, value, into) => (into.retries = reader.integer('retries', value, into.retries)),
  dependent_jobs: (reader, value, into) =>
    (into.dependent_jobs = reader.strings('dependent_jobs', value, into.dependent_jobs)),
  parent_job: (reader, value, into) => (into.parent_job = reader.string('parent_job', value, into.parent_job)),
  processors: (reader, value, into) => (into.processors = reader.processors(value, into.processors)),
  concurrency: (reader, value, into) => (into.concurrency = reader.string('concurrency', value, into.concurrency)),
  executor: (reader, value, into) => (into.executor = reader.string('executor', value, into.executor)),
  executor_config: (reader, value, into) =>
    (into.executor_config = reader.map('executor_config', value, into.executor_config)),
  status: (reader, value, into) => (into.status = reader.string('status', value, into.status)),
  next: (reader, value, into) => (into.next = reader.time('next', value, into.next)),
  ephemeral: (reader, value, into) => (into.ephemeral = reader.bool('ephemeral', value, into.ephemeral)),
  starts_at: (reader, value, into) => (into.starts_at = reader.time('starts_at', value, into.starts_at)),
  expires_at: (reader, value, into) => (into.expires_at = reader.time('expires_at', value, into.expires_at)),
  dst_gap: (reader, value, into) => (into.dst_gap = reader.string('dst_gap', value, into.dst_gap)),
  dst_overlap: (reader, value, into) => (into.dst_overlap = reader.string('dst_overlap', value, into.dst_overlap)),
  catchup: (reader, value, into) => (into.catchup = reader.string('catchup', value, into.catchup)),
  catchup_window: (reader, value, into) =>
    (into.catchup_window = reader.string('catchup_window', value, into.catchup_window)),
  timeout: (reader, value, into) => (into.timeout = reader.string('timeout', value, into.timeout)),
};
const SETTERS: ReadonlyMap<string, Setter> = new Map(Object.entries(FIELDS));

/** Undefined when a job has no such key. */
function setterOf(key: string): Setter | undefined {
  return SETTERS.get(key) ?? SETTERS.get(fieldOf(key) ?? '');
}

const LIMITS = [
  ['retries', 0n, BigInt(RETRIES_MAX)],
  ['success_count', COUNTER_MIN, COUNTER_MAX],
  ['error_count', COUNTER_MIN, COUNTER_MAX],
] as const;

function wrapProblems(submission: JobSubmission): Problem[] {
  const problems: Problem[] = [];
  for (const [field, least, most] of LIMITS) {
    const value = submission[field];
    if (value >= least && value <= most) continue;
    const allowed = `${least} to ${most}`;
    const message = `${field} must be a whole number from ${allowed}, not ${value}`;
    problems.push(problem('invalid_value', field, { value: String(value), allowed, message }));
  }
  return problems;
}

function mapOrNull(map: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> | null {
  // Without the list of all keys.
  for (const _ in map) return map;
  return null;
}

/** What a submission would be stored as, before it is judged. */
export function definitionOf(sent: JobSubmission): JobDefinition {
  return {
    name: sent.name,
    displayName: sent.displayname,
    timezone: sent.timezone,
    schedule: sent.schedule,
    owner: sent.owner,
    ownerEmail: sent.owner_email,
    disabled: sent.disabled,
    tags: mapOrNull(sent.tags),
    metadata: mapOrNull(sent.metadata),
    retries: Number(sent.retries),
    parentJob: sent.parent_job,
    processors:
      sent.processors === null
        ? {}
        : Object.fromEntries(Object.entries(sent.processors).map(([name, config]) => [name, config ?? {}])),
    // The words are checked by validateJob.
    concurrency: sent.concurrency as JobDefinition['concurrency'],
    executor: sent.executor,
    executorConfig: mapOrNull(sent.executor_config),
    ephemeral: sent.ephemeral,
    startsAt: sent.starts_at?.at ?? null,
    expiresAt: sent.expires_at?.at ?? null,
    dstGap: sent.dst_gap as JobDefinition['dstGap'],
    dstOverlap: sent.dst_overlap as JobDefinition['dstOverlap'],
    catchup: sent.catchup as JobDefinition['catchup'],
    catchupWindow: sent.catchup_window,
    timeout: sent.timeout,
  };
}

function submittedOf(sent: JobSubmission): SubmittedState {
  return {
    successCount: Number(sent.success_count),
    errorCount: Number(sent.error_count),
    lastSuccess: sent.last_success?.at ?? null,
    lastError: sent.last_error?.at ?? null,
    status: sent.status,
    next: sent.next?.at ?? ZERO_TIME,
    dependentJobs: sent.dependent_jobs === null || sent.dependent_jobs.length === 0 ? null : sent.dependent_jobs,
  };
}
