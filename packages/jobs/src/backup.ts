import { JsonSyntaxError, readJsonItems, type JsonNode } from './json-reader.ts';
import { parseJobNode, type ParsedJob } from './parse-job.ts';
import { JobInvalidError, problem } from './problem.ts';
import { validateJob } from './validate-job.ts';

/** Concurrency has no default in a backup: what was exported had one. */
const DEFAULTS = { concurrency: '' } as const;

/** A job of a backup in its place: a parent comes before its children. */
export interface BackupJob {
  readonly job: ParsedJob;
  /** 0 = without parent. */
  readonly depth: number;
  /** Position of the parent in the order; undefined without one. */
  readonly parent: number | undefined;
}

/**
 * Reads and judges a backup, the array that GET /v1/jobs answers, job by job: it may be large, and who reads it may want
 * to do something else in between. `null` is an empty one. Nothing may follow it.
 *
 * @throws JobInvalidError with the findings of the first job that is not in order, or about the text itself
 */
export function* parseBackup(text: string | Uint8Array): Generator<ParsedJob> {
  const items = readJsonItems(text);
  for (let position = 0; ; position += 1) {
    const { done, value } = nextOf(items);
    if (done !== true) yield parseItem(value, position);
    else if (value === 'array' || value === 'null') return;
    else throw invalidBackup(`a backup is an array of jobs, not ${value}`);
  }
}

function nextOf(items: ReturnType<typeof readJsonItems>): ReturnType<typeof items.next> {
  try {
    return items.next();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalidBackup(error.message, error.column);
    throw error;
  }
}

function parseItem(item: JsonNode, position: number): ParsedJob {
  const located = (error: JobInvalidError): JobInvalidError =>
    new JobInvalidError(
      error.prefix,
      error.problems.map((one) => ({
        ...one,
        field: one.field === '' ? `[${position}]` : `[${position}].${one.field}`,
      })),
    );
  try {
    const parsed = parseJobNode(item, DEFAULTS);
    const problems = validateJob(parsed.definition);
    if (problems.length > 0) throw new JobInvalidError('Job validation failed', problems);
    return parsed;
  } catch (error) {
    throw error instanceof JobInvalidError ? located(error) : error;
  }
}

/**
 * The order to store a backup in: each job without parent in its turn, its children right after it, first those that its
 * `dependent_jobs` name, as they run in that order. They are taken out of the list then: storing them puts them there.
 * A name that occurs twice is stored twice.
 *
 * @throws JobInvalidError when a parent is not in the backup, or parents form a cycle
 */
export function backupOrder(jobs: readonly ParsedJob[]): BackupJob[] {
  const children = new Map<string, ParsedJob[]>();
  for (const job of jobs) {
    const { parentJob } = job.definition;
    const siblings = children.get(parentJob);
    if (siblings === undefined) children.set(parentJob, [job]);
    else siblings.push(job);
  }
  const order: BackupJob[] = [];
  const waiting: BackupJob[] = (children.get('') ?? [])
    .map((job) => ({ job, depth: 0, parent: undefined }))
    .toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name } = next.job.definition;
    const below = inListedOrder(children.get(name) ?? [], next.job.submitted.dependentJobs ?? []);
    children.delete(name);
    const position = order.push({ ...next, job: withoutChildren(next.job, below) }) - 1;
    for (const job of below.toReversed()) waiting.push({ job, depth: next.depth + 1, parent: position });
  }
  if (order.length < jobs.length) throw unreachable(jobs, order);
  return order;
}

function inListedOrder(jobs: readonly ParsedJob[], listed: readonly string[]): readonly ParsedJob[] {
  const places = new Map(listed.map((name, place) => [name, place]));
  const placeOf = (job: ParsedJob): number => places.get(job.definition.name) ?? listed.length;
  return jobs.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function withoutChildren(job: ParsedJob, children: readonly ParsedJob[]): ParsedJob {
  const { dependentJobs } = job.submitted;
  if (dependentJobs === null || children.length === 0) return job;
  const names = new Set(children.map(({ definition }) => definition.name));
  const left = dependentJobs.filter((name) => !names.has(name));
  return { ...job, submitted: { ...job.submitted, dependentJobs: left.length === 0 ? null : left } };
}

function unreachable(jobs: readonly ParsedJob[], order: readonly BackupJob[]): JobInvalidError {
  const placed = new Set(order.map(({ job }) => job.definition));
  const position = jobs.findIndex((job) => !placed.has(job.definition));
  const { name, parentJob } = jobs[position]!.definition;
  const message = `parent ${parentJob} of ${name} is not in the backup, or is below ${name}`;
  return new JobInvalidError('Job validation failed', [
    problem('invalid_value', `[${position}].parent_job`, { value: parentJob, allowed: 'a job of the backup', message }),
  ]);
}

function invalidBackup(message: string, column: number | null = null): JobInvalidError {
  return new JobInvalidError('Unable to parse payload', [
    problem('invalid_json', '', { allowed: 'a JSON array of jobs', column, message }),
  ]);
}
