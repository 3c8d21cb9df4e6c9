import type { Difference, Instead } from './differences.ts';
import type { Json } from './json.ts';
import { loadScenario } from './scenario.ts';

export const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
export const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };

/** 400 with this text, in place of whatever was recorded. */
export function refused(text: string): Instead {
  return { status: 400, headers: { ...TEXT, Location: undefined, 'X-Total-Count': undefined }, body: text };
}

/** No server leads: what the original answers to other writes, where it keeps a pause of its own. */
export function leaderless(file: string, at: number): Difference {
  return {
    file,
    at: [at],
    gap: 'G-A11',
    reason: 'a pause is known to one node only, and forgotten when it restarts',
    gain: 'a pause holds on every node, or nobody is told that it does',
    instead: { status: 503, headers: TEXT, body: '', contains: ['lead'], shapes: { body: 'string' } },
  };
}

export function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const JOB_SORT_KEYS = 'id, name, displayname, schedule, success_count, error_count, last_success, last_error, next';

export function unknownSort(at: number, key: string): Difference {
  return {
    file: 'jobs-list-paging-filter-sort',
    at: [at],
    gap: 'G-A3',
    reason: '500 without a word, or rows of another kind, for a sort key that jobs do not have',
    gain: 'the answer says which keys there are',
    instead: refused(`_sort: ${key} is not a sort key; allowed: ${JOB_SORT_KEYS}`),
  };
}

export function unknownExecutionSort(at: number, key: string): Difference {
  return {
    file: 'executions',
    at: [at],
    gap: 'G-A3',
    reason: 'an empty list for a sort key that executions do not have',
    gain: 'a misspelt key is told from a job that never ran',
    instead: refused(`_sort: ${key} is not a sort key; allowed: id, started_at, finished_at, attempt`),
  };
}

/** The recorded body at that place. */
function bodyAt(file: string, at: number): Json {
  const item = loadScenario(file).exchanges[at];
  const body = item !== undefined && 'response' in item ? item.response?.body : undefined;
  if (body === undefined) throw new Error(`${file}[${at}] has no body`);
  return body;
}

/** A recorded job with changes. */
function jobOf(file: string, at: number, changes: Readonly<Record<string, Json>>): Json {
  return { ...(bodyAt(file, at) as Readonly<Record<string, Json>>), ...changes };
}

export function sortedByTime(at: number, order: readonly number[]): Difference {
  const file = 'jobs-list-paging-filter-sort';
  const recorded = bodyAt(file, at) as readonly Json[];
  return {
    file,
    at: [at],
    gap: 'G-R12',
    reason: 'times are compared as texts: half a second comes before the full one',
    gain: 'lists are in the order of time',
    instead: { body: order.map((position) => recorded[position]!) },
  };
}

export const PAGED = {
  file: 'executions',
  gap: 'G-A8',
  reason: 'a list of executions has no pages, although the UI asks for them',
  gain: 'long histories come page by page; the total stays in X-Total-Count',
};

/** The executions that a job keeps while those of a job whose name begins alike are deleted. */
export function neighbour(at: number, name: string, executions: readonly Readonly<Record<string, Json>>[]): Difference {
  const shapes = { id: 'execution-id', started_at: 'time', finished_at: 'time', group: 'nanoseconds' };
  return {
    file: 'executions-delete-counters',
    at: [at],
    gap: 'G-R1',
    reason: 'deleting executions of a job deletes those of all jobs whose names begin with its name',
    gain: 'other jobs keep their history',
    instead: {
      headers: { 'X-Total-Count': String(executions.length) },
      body: executions.map((changes) => ({
        id: '',
        job_name: name,
        started_at: '',
        finished_at: '',
        success: true,
        output: `${name}\n`,
        node_name: 'n1',
        group: 0,
        attempt: 1,
        output_truncated: false,
        ...changes,
      })),
      shapes: Object.fromEntries(
        executions.flatMap((_, i) => Object.entries(shapes).map(([key, shape]) => [`/${i}/${key}`, shape])),
      ),
    },
  };
}

const SCHEDULES = 'jobs-schedules';

export function addedSchedule(at: number, name: string, schedule: string): readonly Difference[] {
  const about = {
    file: SCHEDULES,
    gap: 'added day forms',
    reason: 'last and n-th days, which people write in every other cron, are refused',
    gain: 'monthly jobs need no guard in the command',
  };
  const job = jobOf(SCHEDULES, 2, { id: name, name, schedule });
  const stored = jobOf(SCHEDULES, 3, { id: name, name, schedule });
  return [
    {
      ...about,
      at: [at],
      instead: { status: 201, headers: { ...JSON_TYPE, Location: `/v1/jobs/${name}` }, body: job },
    },
    { ...about, at: [at + 1], instead: { status: 200, headers: JSON_TYPE, body: stored, shapes: { '/next': 'time' } } },
  ];
}

export function totalParser(at: number, zone: string): Difference {
  return {
    file: SCHEDULES,
    at: [at],
    gap: 'G-S9',
    reason: 'a zone without a schedule after it panics the parser: 500, and an outage when it comes over gRPC',
    gain: 'the mistake is named',
    instead: refused(
      `Job validation failed: can't parse job schedule: time zone ${zone} is not followed by a space and a schedule.`,
    ),
  };
}

export function foreignWrite(at: number): Difference {
  return {
    file: 'cors',
    at: [at],
    gap: 'G-T3',
    reason: 'a page of any origin may write',
    gain: 'a web page that an operator happens to open cannot start or change jobs',
    instead: {
      status: 403,
      headers: TEXT,
      body: 'origin http://example.org may not write here; add it to cors-origins to allow it',
    },
  };
}

export const LOST = {
  file: 'restart',
  gap: 'G-X7',
  reason: 'an execution cut by the end of its node looks as if it ran for hours more',
  gain: 'it is known to be lost at once, counted as failed, and retried by policy',
};

export function lostExecution(): Instead {
  const [recorded] = bodyAt('restart', 26) as unknown as readonly [Readonly<Record<string, Json>>];
  const { id, job_name, started_at, finished_at, success, ...others } = recorded;
  const output = 'Execution lost: restart';
  return {
    body: [
      {
        id: id!,
        job_name: job_name!,
        started_at: started_at!,
        finished_at: finished_at!,
        success: success!,
        output,
        ...others,
      },
    ],
    shapes: { '/0/id': 'execution-id', '/0/started_at': 'time', '/0/finished_at': 'time', '/0/group': 'nanoseconds' },
  };
}

export function wrapped(at: number, field: string, value: string, allowed: string): readonly Difference[] {
  const about = {
    file: 'jobs-crud',
    gap: '32-bit wrap',
    reason: 'a number beyond 32 bits is echoed as sent and stored as another one',
    gain: 'nothing is stored that was not asked for',
  };
  const text = `Job validation failed: ${field} must be a whole number from ${allowed}, not ${value}.`;
  return [
    { ...about, at: [at], instead: refused(text) },
    { ...about, at: [at + 1], instead: { status: 404, headers: { 'Content-Type': undefined }, body: '' } },
  ];
}
