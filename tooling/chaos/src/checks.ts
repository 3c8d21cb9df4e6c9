import type { Acknowledged } from './load.ts';

interface Tick {
  readonly tick: string;
  readonly last_tick: string;
  readonly count: number;
  readonly decision: string;
  readonly reason: string;
  readonly trigger: string;
  readonly executions?: readonly string[];
}

interface Execution {
  readonly id: string;
  readonly state: string;
  readonly attempt?: number;
}

const SETTLE_TRIES = 200;
const SETTLE_PAUSE_MS = 100;
const SECOND_MS = 1_000;

/** Reads one list; numbers beyond 2^53 are not looked at here. */
async function list<T>(url: string): Promise<readonly T[]> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`GET ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as readonly T[];
}

/** Every acknowledged job is as acknowledged, every acknowledged delete is gone. */
export async function checkJobs(url: string, known: Acknowledged): Promise<readonly string[]> {
  const failures: string[] = [];
  const jobs = await list<{ name: string; executor_config: { command: string } }>(`${url}/v1/jobs`);
  const stored = new Map(jobs.map((job) => [job.name, job.executor_config.command]));
  for (const [name, command] of known.jobs) {
    if (known.uncertain.has(name)) continue;
    if (stored.get(name) !== command) failures.push(`job ${name}: acknowledged ${command}, stored ${stored.get(name)}`);
  }
  for (const name of known.deleted) {
    if (stored.has(name) && !known.uncertain.has(name)) failures.push(`job ${name}: deleted, but stored`);
  }
  return failures;
}

/** The `@every 1s` ledger of a job: each second exactly once, ascending, no gap. */
export async function checkLedger(url: string, name: string): Promise<readonly string[]> {
  const failures: string[] = [];
  const entries = await list<Tick>(`${url}/v1/jobs/${name}/ticks?_end=1000&_order=ASC`);
  const ticks = entries.filter((entry) => entry.trigger === 'schedule' || entry.trigger === 'catchup');
  let expected: number | undefined;
  for (const entry of ticks) {
    const from = Date.parse(entry.tick);
    const to = Date.parse(entry.last_tick);
    if (expected !== undefined && from !== expected) {
      failures.push(`job ${name}: tick ${entry.tick}, expected ${new Date(expected).toISOString()}`);
    }
    if (to - from !== (entry.count - 1) * SECOND_MS) failures.push(`job ${name}: ${entry.tick} count ${entry.count}`);
    if (entry.decision === 'run' && (entry.executions?.length ?? 0) !== 1) {
      failures.push(`job ${name}: run at ${entry.tick} without its execution`);
    }
    expected = to + SECOND_MS;
  }
  if (ticks.length === 0) failures.push(`job ${name}: no tick on record`);
  return failures;
}

/** Once no job is scheduled any more, nothing stays pending or running. */
export async function checkSettled(url: string): Promise<readonly string[]> {
  let open: readonly Execution[] = [];
  for (let i = 0; i < SETTLE_TRIES; i++) {
    open = await list<Execution>(`${url}/v1/executions?state=pending&state=running&_end=1000`);
    if (open.length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
  }
  return open.map((execution) => `execution ${execution.id} is still ${execution.state}`);
}

/** Commands leave one mark per started attempt: never more than there are attempts on record. */
export function checkMarks(name: string, marks: readonly string[], attempts: number): readonly string[] {
  const started = marks.filter((mark) => mark === name).length;
  return started > attempts ? [`job ${name}: started ${started} times for ${attempts} attempts on record`] : [];
}

/** Attempts on record of one job. */
export async function attemptsOf(url: string, name: string): Promise<number> {
  const executions = await list<Execution>(`${url}/v1/executions?job=${name}&_end=100000`);
  return executions.length;
}
