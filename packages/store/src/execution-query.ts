import type { Execution, ExecutionState, Group, JobName, NodeName, Trigger } from '@dkron/jobs';
import { executionKey, executionsFrom, FAMILY, familyRange, historyKey } from './keys.ts';
import { clamp } from './job-query.ts';
import type { KeyValue } from './ports.ts';
import type { JobTable } from './job-table.ts';
import { isToldByRun } from './new-execution.ts';
import { historyPlaceCodec } from './records.ts';
import type { ExecutionRecord } from './records.ts';
import type { Codecs } from './state.ts';

/** Which executions to list; what is absent restricts nothing. */
export interface ExecutionQuery {
  readonly job?: JobName;
  /** Any of these. */
  readonly states?: readonly ExecutionState[];
  readonly node?: NodeName;
  readonly trigger?: Trigger;
  readonly group?: Group;
  /** Borders on `startedAt`, inclusive. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Default: by stamp. Another sort looks at every match. */
  readonly sort?: 'stamp' | 'started_at' | 'finished_at';
  /** Default `desc`: newest first. */
  readonly order?: 'asc' | 'desc';
  /** Positions `[start, end)` of the matches. Default 0 and 100. */
  readonly start?: number;
  readonly end?: number;
}

/** A slice of the executions that match. */
export interface ExecutionPage {
  /** Matches in all. */
  readonly total: number;
  readonly executions: readonly Execution[];
}

export interface QueryModules {
  readonly kv: KeyValue;
  readonly jobs: Pick<JobTable, 'meta'>;
  /** Those that wait to be sent are nowhere else. */
  readonly openExecutions: ReadonlyMap<string, ExecutionRecord>;
  readonly codecs: Codecs;
}

const END_DEFAULT = 100;

/** All kept executions of a job, last listed first: at most the retention's number of them. */
export function executionsOf({ kv, jobs, codecs, openExecutions }: QueryModules, name: JobName): Execution[] {
  const { historyFirst, historyNext } = jobs.meta(name);
  const found: Execution[] = [];
  for (let sequence = historyNext - 1; sequence >= historyFirst; sequence--) {
    const place = kv.getSync(historyKey(name, sequence));
    const id = place === undefined ? '' : historyPlaceCodec.decode(place).id;
    const open = openExecutions.get(id);
    const key = open === undefined ? executionKey(id) : undefined;
    const bytes = key === undefined ? undefined : kv.getSync(key);
    if (open !== undefined) {
      found.push(open.execution);
    } else if (bytes !== undefined) {
      found.push(codecs.executionRecord.decode(bytes).execution);
    }
  }
  return found;
}

/** Executions of all jobs, those of deleted jobs that still run included. */
export async function listExecutions(modules: QueryModules, query: ExecutionQuery): Promise<ExecutionPage> {
  const { sort = 'stamp', order = 'desc', start = 0, end = END_DEFAULT } = query;
  const window: Execution[] = [];
  let total = 0;
  for await (const execution of candidates(modules, query, order)) {
    if (matches(execution, query)) {
      if (sort !== 'stamp' || (total >= start && total < end)) {
        window.push(execution);
      }
      total++;
    }
  }
  if (sort === 'stamp') {
    return { total, executions: window };
  }
  const sorted = window.sort(byTime(sort));
  return { total, executions: (order === 'desc' ? sorted.reverse() : sorted).slice(...clamp({ start, end }, total)) };
}

async function* candidates(
  modules: QueryModules,
  { job, group }: ExecutionQuery,
  order: 'asc' | 'desc',
): AsyncGenerator<Execution> {
  if (job !== undefined) {
    const executions = executionsOf(modules, job).sort(byStamp);
    yield* order === 'asc' ? executions : executions.reverse();
    return;
  }
  // An execution's stamp is never below the group of its run.
  const range = { ...familyRange(FAMILY.execution), ...(group === undefined ? {} : { gte: executionsFrom(group) }) };
  const descends = order === 'desc';
  const stored = modules.kv.iterate(range, { reverse: descends });
  const pending = pendingByKey(modules, range.gte, descends);
  for await (const [key, value] of stored) {
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const order = Buffer.compare(next.key, key) * (descends ? -1 : 1);
      if (order > 0) break;
      pending.pop();
      // Else it has been stored meanwhile.
      if (order < 0) yield next.execution;
    }
    yield modules.codecs.executionRecord.decode(value).execution;
  }
  yield* pending.reverse().map(({ execution }) => execution);
}

interface Pending {
  readonly key: Uint8Array;
  readonly execution: Execution;
}

/** What waits to be sent, with the keys it would be stored under; the next one to tell is the last. */
function pendingByKey({ openExecutions }: QueryModules, from: Uint8Array, descends: boolean): Pending[] {
  const pending: Pending[] = [];
  for (const record of openExecutions.values()) {
    const key = isToldByRun(record) ? executionKey(record.execution.id) : undefined;
    if (key !== undefined && Buffer.compare(key, from) >= 0) pending.push({ key, execution: record.execution });
  }
  return pending.sort((a, b) => Buffer.compare(a.key, b.key) * (descends ? 1 : -1));
}

function matches(execution: Execution, { states = [], node, trigger, group, from, to }: ExecutionQuery): boolean {
  return (
    (states.length === 0 || states.includes(execution.state)) &&
    (node === undefined || execution.nodeName === node) &&
    (trigger === undefined || execution.trigger === trigger) &&
    (group === undefined || execution.group === group) &&
    (from === undefined || execution.startedAt >= from) &&
    (to === undefined || execution.startedAt <= to)
  );
}

function byStamp(a: Execution, b: Execution): number {
  return compare(a.stamp, b.stamp) || (a.id < b.id ? -1 : 1);
}

function byTime(sort: 'started_at' | 'finished_at'): (a: Execution, b: Execution) => number {
  const time = (execution: Execution): bigint => (sort === 'started_at' ? execution.startedAt : execution.finishedAt);
  return (a, b) => compare(time(a), time(b)) || compare(a.stamp, b.stamp);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
