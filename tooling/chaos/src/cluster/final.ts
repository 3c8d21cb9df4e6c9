import { existsSync, readFileSync } from 'node:fs';
import { statusOf, until } from '@dkron/harness';
import type { Evidence } from '../checks.ts';
import { checkSettled, evidenceOf } from '../checks.ts';
import type { Stage } from './stage.ts';
import { wait } from './stage.ts';
import { judgeJob, readMarks, strayMarks } from './verdict.ts';

/** Something decided while everything is well again, so that the end shows a cluster that goes on. */
const PEACE_MS = 4_000;
const PAUSE_MS = 30_000;
/** Lease of a node, and the pauses between attempts. */
const RETRIES_MS = 180_000;
const LOOK_MS = 2_000;
const ANSWER_MS = 60_000;
/** Of these the ledgers are compared on all servers. */
const COMPARED = 5;

/** Waits until all that is due is over, and compares ledger, executions, marks and servers. */
export async function finalVerdict(
  stage: Stage,
  since: ReadonlyMap<string, number>,
  marksFile: string,
): Promise<readonly string[]> {
  const leader = await stage.untilWell();
  await wait(PEACE_MS);
  const url = stage.cluster.server(leader).url;
  const untilMs = Date.now();
  await until('the pause of the scheduler', PAUSE_MS, async () =>
    (await statusOf(`${url}/v1/scheduler/pause`, { method: 'POST' })) === 200 ? true : undefined,
  );
  const end = Date.now() + RETRIES_MS;
  for (;;) {
    const unsettled = await checkSettled(url);
    const found = await judge(stage, url, { since, marksFile, untilMs });
    if ((found.open === 0 && unsettled.length === 0) || Date.now() > end) {
      const open = found.open === 0 ? [] : [`${found.open} ticks have no successful run at the end`];
      return [...stage.violations, ...unsettled, ...found.violations, ...open, ...(await differing(stage, since))];
    }
    stage.say(`${found.open} runs are tried again`);
    await wait(LOOK_MS);
  }
}

interface Order {
  readonly since: ReadonlyMap<string, number>;
  readonly marksFile: string;
  readonly untilMs: number;
}

async function judge(
  stage: Stage,
  url: string,
  { since, marksFile, untilMs }: Order,
): Promise<{ readonly open: number; readonly violations: readonly string[] }> {
  const marks = readMarks(existsSync(marksFile) ? readFileSync(marksFile, 'utf8') : '');
  const all: Evidence[] = [];
  const violations: string[] = [];
  const sums = { open: 0, ticks: 0, attempts: 0, repeated: 0 };
  const lateMs: number[] = [];
  for (const [name, sinceMs] of since) {
    const evidence = await evidenceOf(url, name);
    all.push(evidence);
    const verdict = judgeJob(evidence, marks, { sinceMs, untilMs });
    violations.push(...verdict.violations);
    sums.open += verdict.open;
    sums.ticks += verdict.ticks;
    sums.attempts += verdict.attempts;
    sums.repeated += verdict.repeated;
    lateMs.push(...evidence.ticks.map((entry) => Date.parse(entry.decided_at) - Date.parse(entry.tick)));
  }
  violations.push(...strayMarks(marks, all));
  const counts = `${sums.ticks} ticks of ${since.size} jobs, ${sums.attempts} attempts, ${marks.size} of them ran`;
  stage.say(`${counts}; ${sums.repeated} ticks ran more than once, since an attempt was lost`);
  stage.say(`decided after their time: ${quantiles(lateMs)}`);
  return { open: sums.open, violations };
}

/** Every server says the same of jobs and ledgers. */
async function differing(stage: Stage, since: ReadonlyMap<string, number>): Promise<string[]> {
  const paths = ['/v1/jobs?_sort=name&consistent=true'];
  for (const name of [...since.keys()].slice(0, COMPARED)) {
    paths.push(`/v1/jobs/${name}/ticks?_end=1000000&consistent=true`, `/v1/executions?job=${name}&_end=1000000`);
  }
  const found: string[] = [];
  for (const path of paths) {
    const texts = await Promise.all(stage.cluster.names.map((name) => textOf(stage.cluster.server(name).url + path)));
    if (new Set(texts).size > 1) found.push(`the servers differ in ${path}`);
  }
  return found;
}

/** An answer may have to wait for a leader. */
async function textOf(url: string): Promise<string> {
  return await until(url, ANSWER_MS, async () => {
    const answer = await fetch(url).catch(() => undefined);
    return answer?.status === 200 ? await answer.text() : undefined;
  });
}

export function quantiles(valuesMs: readonly number[]): string {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number): string => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return `${value?.toFixed(0) ?? '–'} ms`;
  };
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`;
}
