import type { Difference, Instead } from './differences.ts';
import type { Json } from './json.ts';
import { loadScenario } from './scenario.ts';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };

/** 400 with this text, in place of whatever was recorded. */
function refused(text: string): Instead {
  return { status: 400, headers: { ...TEXT, Location: undefined, 'X-Total-Count': undefined }, body: text };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const JOB_SORT_KEYS = 'id, name, displayname, schedule, success_count, error_count, last_success, last_error, next';

function unknownSort(at: number, key: string): Difference {
  return {
    file: 'jobs-list-paging-filter-sort',
    at: [at],
    gap: 'G-A3',
    reason: '500 without a word, or rows of another kind, for a sort key that jobs do not have',
    gain: 'the answer says which keys there are',
    instead: refused(`_sort: ${key} is not a sort key; allowed: ${JOB_SORT_KEYS}`),
  };
}

function unknownExecutionSort(at: number, key: string): Difference {
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

function sortedByTime(at: number, order: readonly number[]): Difference {
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

const PAGED = {
  file: 'executions',
  gap: 'G-A8',
  reason: 'a list of executions has no pages, although the UI asks for them',
  gain: 'long histories come page by page; the total stays in X-Total-Count',
};

/** The executions that a job keeps while those of a job whose name begins alike are deleted. */
function neighbour(at: number, name: string, executions: readonly Readonly<Record<string, Json>>[]): Difference {
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

function addedSchedule(at: number, name: string, schedule: string): readonly Difference[] {
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

function totalParser(at: number, zone: string): Difference {
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

function foreignWrite(at: number): Difference {
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

const LOST = {
  file: 'restart',
  gap: 'G-X7',
  reason: 'an execution cut by the end of its node looks as if it ran for hours more',
  gain: 'it is known to be lost at once, counted as failed, and retried by policy',
};

function lostExecution(): Instead {
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

function wrapped(at: number, field: string, value: string, allowed: string): readonly Difference[] {
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

/** By file, then position. */
export const DIFFERENCES: readonly Difference[] = [
  {
    file: 'busy',
    at: [11],
    gap: 'G-X13',
    reason: 'only the latest piece of output is shown',
    gain: 'all that was printed so far can be read while a job runs',
    instead: {
      step: { step: 'wait', path: '/v1/busy', until: { pointer: '/0/output', equals: 'first\nsecond\n' }, max_s: 10 },
    },
  },
  {
    file: 'busy',
    at: [12],
    gap: 'G-X13',
    reason: 'only the latest piece of output is shown',
    gain: 'all that was printed so far can be read while a job runs',
    instead: { values: { '/0/output': 'first\nsecond\n' } },
  },
  {
    file: 'busy',
    at: [27],
    gap: 'G-A9',
    reason: 'the zero time of a running execution is shifted into the zone of its job',
    gain: 'clients see that it runs, whatever the zone',
    instead: { values: { '/0/finished_at': '0001-01-01T00:00:00Z' } },
  },
  foreignWrite(8),
  foreignWrite(10),
  {
    file: 'dependent-jobs',
    at: [64],
    gap: 'G-X10',
    reason: 'parents may form a cycle, which runs for ever once one of its jobs succeeds',
    gain: 'the cycle is named before anything runs',
    instead: refused('Job validation failed: parent_job would form a cycle: cya -> cyb -> cya.'),
  },
  {
    file: 'dependent-jobs',
    at: [65],
    gap: 'G-X10',
    reason: 'as the cycle was refused, the job is as it was',
    gain: 'nothing changes by a refused request',
    instead: { values: { '/schedule': '@manually', '/parent_job': '', '/executor_config/command': 'echo cya' } },
  },
  {
    file: 'dependent-jobs',
    at: [66],
    gap: 'G-X10',
    reason: 'as the cycle was refused, the other job got no child',
    gain: 'nothing changes by a refused request',
    instead: { values: { '/dependent_jobs': null } },
  },
  {
    file: 'displayname-disabled-ephemeral-expires',
    at: [34],
    gap: 'G-S7',
    reason: 'the same one-shot posted again runs again',
    gain: 'one run, however often a deployment posts the job',
    instead: { step: { step: 'sleep', s: 1 } },
  },
  {
    file: 'displayname-disabled-ephemeral-expires',
    at: [41],
    gap: 'G-S7',
    reason: 'a one-shot that is on time runs twice',
    gain: 'one run',
    instead: {
      step: { step: 'wait', path: '/v1/jobs/af3', until: { pointer: '/success_count', equals: 1 }, max_s: 10 },
    },
  },
  {
    file: 'displayname-disabled-ephemeral-expires',
    at: [43],
    gap: 'G-S7',
    reason: 'a one-shot that is on time runs twice',
    gain: 'one run',
    instead: { values: { '/success_count': 1 } },
  },
  unknownExecutionSort(25, 'name'),
  unknownExecutionSort(26, 'bogus'),
  unknownExecutionSort(27, 'success'),
  { ...PAGED, at: [28], instead: { values: { '/1': undefined } } },
  { ...PAGED, at: [29], instead: { values: { '/0': undefined } } },
  { ...PAGED, at: [30, 31, 32], instead: { body: [] } },
  {
    file: 'executions',
    at: [92, 93],
    gap: 'G-X5',
    reason: 'a run whose retry succeeded counts as partially failed',
    gain: 'children run and ephemeral jobs go when the work was done in the end',
    instead: { values: { '/status': 'success' } },
  },
  neighbour(14, 'foobar', [{}]),
  neighbour(15, 'foo-2', [{}]),
  neighbour(16, 'foofail', [{ success: false, output: 'exit status 1\n' }]),
  {
    file: 'executions-delete-counters',
    at: [21],
    gap: 'G-A4',
    reason: '500 for a job that does not exist',
    gain: '404, as documented',
    instead: { status: 404 },
  },
  neighbour(29, 'foobar', [{}, {}]),
  {
    file: 'health-plugin-exited',
    at: [1],
    gap: 'G-E4',
    reason: 'a dead plugin stays dead',
    gain: 'the http executor is part of the node: there is no process to lose',
    instead: { step: { step: 'sleep', s: 0 } },
  },
  {
    file: 'health-plugin-exited',
    at: [2],
    gap: 'G-E4',
    reason: 'a dead plugin stays dead',
    gain: 'the node stays healthy',
    instead: { status: 200, body: { leader: true, status: 'healthy' } },
  },
  {
    file: 'health-plugin-exited',
    at: [6],
    gap: 'G-E4',
    reason: 'all jobs of a dead plugin fail until the node restarts',
    gain: 'the job runs',
    instead: { values: { '/0/success': true } },
  },
  ...wrapped(55, 'retries', '4294967296', '0 to 4294967295'),
  ...wrapped(57, 'success_count', '2147483648', '-2147483648 to 2147483647'),
  ...[
    [69, '31'],
    [79, '32'],
  ].map(([at, total]): Difference => ({
    file: 'jobs-crud',
    at: [at as number],
    gap: '32-bit wrap',
    reason: 'the two jobs above were refused',
    gain: 'nothing is stored that was not asked for',
    instead: { headers: { 'X-Total-Count': total as string } },
  })),
  sortedByTime(20, [0, 1, 3, 2, 4, 5, 6]),
  sortedByTime(21, [0, 1, 2, 4, 3, 5, 6]),
  sortedByTime(22, [0, 2, 1, 3, 4, 5, 6]),
  sortedByTime(23, [0, 1, 2, 3, 5, 4, 6]),
  unknownSort(31, 'status'),
  unknownSort(32, 'disabled'),
  unknownSort(33, 'owner'),
  unknownSort(34, 'bogus'),
  unknownSort(35, 'NAME'),
  unknownSort(36, 'started_at'),
  unknownSort(37, 'finished_at'),
  unknownSort(38, 'attempt'),
  {
    file: 'jobs-list-paging-filter-sort',
    at: [47, 48, 49, 50, 51, 52, 54, 61],
    gap: 'G-A2',
    reason: 'a page beyond the list or with a negative border panics',
    gain: 'an empty page, with the total',
    instead: { status: 200, headers: JSON_TYPE, body: [] },
  },
  ...addedSchedule(44, 's22', '0 0 0 L * *'),
  ...addedSchedule(46, 's23', '0 0 0 ? * 1#2'),
  totalParser(176, 'UTC'),
  totalParser(178, 'UTC'),
  totalParser(180, ''),
  {
    file: 'leave',
    at: range(3, 18),
    gap: 'G-C12',
    reason: 'a node that left goes on as a process with a closed store',
    gain: 'it ends, so that a supervisor can see it',
    instead: { status: 0 },
  },
  {
    ...LOST,
    at: [22, 34],
    instead: { values: { '/5/error_count': 1, '/5/status': 'failed' }, shapes: { '/5/last_error': 'time' } },
  },
  { ...LOST, at: [24, 36], instead: { values: { '/stats/0/failed_count': 2 } } },
  { ...LOST, at: [26, 38], instead: lostExecution() },
  {
    file: 'metrics',
    at: [4],
    gap: 'another runtime',
    reason: "families named go_* tell of the original's runtime",
    gain: 'the runtime that is there is told of',
    instead: {
      contains: [
        '# TYPE dkron_job_executions_succeeded_total counter',
        'dkron_job_executions_succeeded_total{job_name="mm"} 1',
        'dkron_job_executions_failed_total{job_name="mf"} 1',
        '# TYPE nodejs_heap_size_used_bytes gauge',
        '# TYPE process_cpu_seconds_total counter',
        'dkron_grpc_set_job',
      ],
    },
  },
  {
    file: 'restart',
    at: [25, 37],
    gap: 'G-A11',
    reason: 'a pause is known to one node only, and forgotten when it restarts',
    gain: 'what an operator paused stays paused, on every node',
    instead: { values: { '/paused': true } },
  },
];
