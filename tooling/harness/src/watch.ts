import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCluster } from './cluster.ts';

const LOOK_MS = 20;
const FAST_LOOK_MS = 3;
const ANSWER_MS = 2_000;
const DECISION_MS = 15_000;
const LOG_SHOWN = 2_000;

/** Status of an answer; 0 = none. */
export async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), ...init });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

/** Asks again and again until it is so. @throws Error naming what was waited for */
export async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(LOOK_MS)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}

/** Whoever says that it leads now. */
export async function leaderNow(cluster: ProcessCluster, among = cluster.names): Promise<string | undefined> {
  const running = among.filter((name) => cluster.runs(name));
  const answers = await Promise.all(running.map((name) => statusOf(`${cluster.server(name).url}/v1/isleader`)));
  return running.find((_, i) => answers[i] === 200);
}

/** Waits until every running server knows a leader. @returns the leader @throws Error with the logs of those that do not */
export async function untilLed(cluster: ProcessCluster, withinMs: number): Promise<string> {
  const know = async (): Promise<readonly [name: string, status: number][]> => {
    const running = cluster.names.filter((name) => cluster.runs(name));
    const answers = running.map((name) => statusOf(`${cluster.server(name).url}/v1/leader`));
    const statuses = await Promise.all(answers);
    return running.map((name, i) => [name, statuses[i] ?? 0]);
  };
  try {
    return await until('a leader that all know', withinMs, async () => {
      return (await know()).every(([, status]) => status === 200) ? await leaderNow(cluster) : undefined;
    });
  } catch (error) {
    const logs = (await know()).map(
      ([name, status]) => `${name} ${status}: ${cluster.server(name).log.slice(-LOG_SHOWN)}`,
    );
    throw new Error(`${(error as Error).message}\n${logs.join('\n')}`, { cause: error });
  }
}

/**
 * Waits until one of the servers leads, and has it decide a run by hand.
 * @returns when that was acknowledged, as `performance.now()`
 */
export async function firstDecision(
  cluster: ProcessCluster,
  { among, job, withinMs }: { readonly among: readonly string[]; readonly job: string; readonly withinMs: number },
): Promise<number> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(FAST_LOOK_MS)) {
    const leader = await leaderNow(cluster, among);
    if (leader === undefined) continue;
    const run = `${cluster.server(leader).url}/v1/jobs/${job}/run?wait=false`;
    const signal = AbortSignal.timeout(DECISION_MS);
    if ((await statusOf(run, { method: 'POST', signal })) === 202) return performance.now();
  }
  throw new Error(`no decision by ${among.join(', ')} within ${withinMs} ms`);
}
