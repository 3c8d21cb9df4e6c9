import type { Known, Shape } from './known.ts';
import { textOf } from './known.ts';

export interface Tick {
  readonly tick: string;
  readonly last_tick: string;
  readonly count: number;
  readonly decision: string;
  readonly reason: string;
  readonly trigger: string;
  readonly decided_at: string;
  readonly executions?: readonly string[];
}

export interface Execution {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  /** Equal for the attempts of one run. Digits: two runs decided together differ by less than a double tells. */
  readonly group: string;
  readonly reason?: string;
  readonly started_at: string;
  readonly finished_at: string;
}

const SETTLE_TRIES = 200;
const SETTLE_PAUSE_MS = 100;
export const SECOND_MS = 1_000;
/** A tick may wait this long for its decision while everything is checked. */
export const DECISION_MS = 3 * SECOND_MS;

/** Reads one list. */
async function list<T>(url: string): Promise<readonly T[]> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`GET ${url}: ${answer.status} ${await answer.text()}`);
  return JSON.parse(await answer.text(), groupsAsText) as readonly T[];
}

/** For `JSON.parse`; its third argument is not in the compiler's types yet. */
function groupsAsText(this: unknown, key: string, value: unknown, ...[context]: { source?: string }[]): unknown {
  return key === 'group' && context?.source !== undefined ? context.source : value;
}

/** Every acknowledged create, edit and toggle is stored, every acknowledged delete is gone, and nothing else is there. */
export async function checkJobs(url: string, known: Known): Promise<readonly string[]> {
  const failures: string[] = [];
  const jobs = await list<{ name: string; disabled: boolean; executor_config: { command: string } }>(`${url}/v1/jobs`);
  const stored = new Map<string, Shape>(
    jobs.map(({ name, disabled, executor_config: { command } }) => [name, { command, disabled }]),
  );
  for (const name of known.names()) {
    const expected = known.describe(name);
    const found = stored.get(name);
    if (!known.settle(name, found)) failures.push(`job ${name}: stored ${textOf(found)}, acknowledged ${expected}`);
    stored.delete(name);
  }
  for (const name of stored.keys()) failures.push(`job ${name}: stored, but never sent`);
  return failures;
}

/** What one job's ledger and executions say. */
export interface Evidence {
  readonly name: string;
  readonly ticks: readonly Tick[];
  readonly executions: readonly Execution[];
}

export async function evidenceOf(url: string, name: string): Promise<Evidence> {
  const entries = await list<Tick>(`${url}/v1/jobs/${name}/ticks?_end=1000000&_order=ASC`);
  // A slot that is let go is no tick.
  const ticks = entries.filter(({ decision }) => decision !== 'released');
  const executions = await list<Execution>(`${url}/v1/executions?job=${name}&_end=1000000`);
  return { name, ticks, executions };
}

/**
 * The `@every 1s` ledger of a job: each second exactly once, ascending, no gap, from its creation until now.
 *
 * @param sinceMs the creation was acknowledged by then
 * @param untilMs the scheduler was paused not before this
 */
export function checkLedger({ name, ticks: entries }: Evidence, sinceMs: number, untilMs: number): readonly string[] {
  const ticks = entries.filter((entry) => entry.trigger === 'schedule' || entry.trigger === 'catchup');
  const [first] = ticks;
  const last = ticks.at(-1);
  if (first === undefined || last === undefined) return [`job ${name}: no tick on record`];
  const failures: string[] = [];
  let expected = Date.parse(first.tick);
  for (const entry of ticks) {
    const from = Date.parse(entry.tick);
    const to = Date.parse(entry.last_tick);
    if (from !== expected) {
      failures.push(`job ${name}: tick ${entry.tick}, expected ${new Date(expected).toISOString()}`);
    }
    if (to - from !== (entry.count - 1) * SECOND_MS) failures.push(`job ${name}: ${entry.tick} count ${entry.count}`);
    expected = to + SECOND_MS;
  }
  if (Date.parse(first.tick) > sinceMs + SECOND_MS) {
    failures.push(`job ${name}: created by ${new Date(sinceMs).toISOString()}, first tick ${first.tick}`);
  }
  if (Date.parse(last.last_tick) < untilMs - DECISION_MS) {
    failures.push(`job ${name}: last tick ${last.last_tick}, now ${new Date(untilMs).toISOString()}`);
  }
  return failures;
}

/** Each run on record has its execution, each execution was decided by exactly one entry, each acknowledged run is there. */
export function checkRuns({ name, ticks, executions }: Evidence, known: Known): readonly string[] {
  const failures: string[] = [];
  const decided = ticks.filter((entry) => entry.decision === 'run').flatMap((entry) => entry.executions ?? []);
  const stored = new Set(executions.map((execution) => execution.id));
  const firsts = executions.filter((execution) => execution.attempt === 1).map((execution) => execution.id);
  for (const entry of ticks) {
    const count = entry.executions?.length ?? 0;
    if (count !== (entry.decision === 'run' ? 1 : 0)) {
      failures.push(`job ${name}: ${entry.decision} at ${entry.tick} with ${count} executions`);
    }
  }
  for (const id of decided) if (!stored.has(id)) failures.push(`job ${name}: execution ${id} was decided and is gone`);
  const once = new Set(decided);
  if (once.size !== decided.length) failures.push(`job ${name}: an execution is in two entries of the ledger`);
  for (const id of firsts) if (!once.has(id)) failures.push(`job ${name}: execution ${id} was never decided`);
  for (const [id, job] of known.runs) {
    if (job === name && !stored.has(id)) failures.push(`job ${name}: acknowledged run ${id} is gone`);
  }
  return failures;
}

/** Once no job is scheduled any more, nothing stays pending or running. */
export async function checkSettled(url: string): Promise<readonly string[]> {
  let open: readonly Execution[] = [];
  for (let i = 0; i < SETTLE_TRIES; i++) {
    open = await list<Execution>(`${url}/v1/executions?state=pending&state=running&_end=1000`);
    if (open.length === 0 && (await list(`${url}/v1/busy`)).length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
  }
  return open.length === 0
    ? ['/v1/busy is not empty']
    : open.map((execution) => `execution ${execution.id} is still ${execution.state}`);
}

/** Commands leave one mark per start: at most one for each attempt on record, at least one for each that ended by itself. */
export function checkMarks({ name, executions }: Evidence, marks: readonly string[]): readonly string[] {
  const started = marks.filter((mark) => mark === name).length;
  const ended = executions.filter((execution) => execution.state === 'success').length;
  if (started > executions.length)
    return [`job ${name}: ${started} starts for ${executions.length} attempts on record`];
  return started < ended ? [`job ${name}: ${started} starts for ${ended} successes on record`] : [];
}
