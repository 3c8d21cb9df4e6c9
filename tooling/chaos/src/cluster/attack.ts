import { firstDecision } from '@dkron/harness';
import type { Fault } from './faults.ts';
import { FAULTS } from './faults.ts';
import { PROBE } from './jobs.ts';
import type { Stage } from './stage.ts';
import { wait } from './stage.ts';

const CALM_MS = { least: 500, most: 4_000 };
const WORK_MS = { least: 300, most: 1_300 };
const DECISION_MS = 120_000;

/** Every fault once, each on a cluster that is well again. */
export async function script(stage: Stage, names: readonly string[]): Promise<void> {
  const chosen = FAULTS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  for (const fault of chosen) {
    const obstacle = fault.obstacle(stage);
    if (obstacle !== '') {
      stage.say(`SKIPPED ${fault.name}: ${obstacle}`);
      continue;
    }
    await stage.untilWell();
    await wait(stage.between(WORK_MS.least, WORK_MS.most));
    stage.does(fault.name);
    await fault.run(stage);
  }
  await stage.untilWell();
}

/** Processes and network suffer by chance, independently of each other, for some seconds. */
export async function byChance(stage: Stage, seconds: number): Promise<void> {
  const end = new AbortController();
  const loops = (['processes', 'network'] as const).map((kind) => loop(stage, kind, end.signal));
  await Promise.race([wait(seconds * 1_000), ...loops]);
  end.abort();
  await Promise.all(loops);
}

async function loop(stage: Stage, kind: Fault['kind'], signal: AbortSignal): Promise<void> {
  const possible = FAULTS.filter((fault) => fault.kind === kind && fault.obstacle(stage) === '');
  const lots = possible.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  if (lots.length === 0) return await wait(2 ** 31 - 1, signal);
  while (!signal.aborted) {
    await wait(stage.between(CALM_MS.least, CALM_MS.most), signal);
    if (signal.aborted) return;
    if (kind === 'processes') await stage.reviveEnded();
    const fault = lots[stage.random.nextInt(lots.length)]!;
    stage.does(fault.name);
    await fault.run(stage, signal);
  }
}

/** kill -9 of the leader, again and again. @returns milliseconds from each kill to the first decision by the next leader */
export async function killLeaders(stage: Stage, kills: number): Promise<number[]> {
  const timesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const leader = await stage.untilWell();
    await wait(stage.between(WORK_MS.least, WORK_MS.most));
    const among = stage.cluster.names.filter((name) => name !== leader);
    const killedMs = performance.now();
    const killed = stage.kill(leader);
    const decidedMs = await firstDecision(stage.cluster, { among, job: PROBE, withinMs: DECISION_MS });
    await killed;
    timesMs.push(decidedMs - killedMs);
    stage.does('kill -9 of the leader', `${leader}; the next decision after ${timesMs.at(-1)?.toFixed(0)} ms`);
    await stage.start(leader);
  }
  await stage.untilWell();
  return timesMs;
}
