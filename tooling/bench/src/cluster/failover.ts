import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCluster } from '@dkron/harness';
import { firstDecision, namespacesIfPermitted, untilLed } from '@dkron/harness';
import type { Figure } from '../table.ts';
import { percentile } from '../table.ts';
import { range, sendAll, startCluster } from './bench-cluster.ts';

const WITHIN_MS = 180_000;
const TICKING = 50;
const SECOND_MS = 1_000;

export interface FailoverOrder {
  readonly name: string;
  /** `cut`: nobody is told anything, its packets are lost. */
  readonly how: 'kill -9' | 'cut';
  readonly kills: number;
  readonly targetMs: number;
  readonly args: readonly string[];
}

/** From the end of the leader until the next one has decided a run; in between all is well again. */
export async function failoverFigures(order: FailoverOrder): Promise<Figure[]> {
  const network = await namespacesIfPermitted(order.how === 'cut');
  if (order.how === 'cut' && !network.canCut) return [];
  const cluster = await startCluster({ agents: 0, noop: true, args: order.args, network });
  try {
    await createJobs(cluster);
    const timesMs: number[] = [];
    for (let kill = 0; kill < order.kills; kill++) {
      timesMs.push(await (order.how === 'cut' ? cutLeader(cluster) : killLeader(cluster)));
      process.stderr.write(
        `${order.how}, ${order.name}: ${kill + 1} of ${order.kills}, ${timesMs.at(-1)?.toFixed(0)} ms\n`,
      );
    }
    const p99 = percentile(timesMs, 0.99);
    const undecided = await undecidedTicks(cluster);
    return [
      {
        name: `failover after ${order.how} of the leader, ${order.name}, ${order.kills} times: p50, p99, slowest`,
        ours: [0.5, 0.99, 1].map((share) => `${percentile(timesMs, share).toFixed(0)} ms`).join(', '),
        floor: `${order.targetMs} ms`,
        ratio: p99 / order.targetMs,
        target: '≤ 1',
        met: p99 <= order.targetMs,
      },
      {
        name: `ticks of ${TICKING} jobs without a decision or with two, ${order.how}, ${order.name}`,
        ours: String(undecided),
        floor: '0',
        ratio: undecided,
        target: '0',
        met: undecided === 0,
      },
    ];
  } finally {
    await cluster.close();
  }
}

async function createJobs(cluster: ProcessCluster): Promise<void> {
  const leader = await untilLed(cluster, WITHIN_MS);
  const common = { executor: 'shell', executor_config: { command: 'true' }, tags: { dc: 'dc1:1' } };
  const ticking = [...range(TICKING)].map((i) => ({
    ...common,
    name: `tick-${i}`,
    schedule: '@every 1s',
    catchup: 'all',
  }));
  const bodies = [{ ...common, name: 'probe', schedule: '@manually' }, ...ticking];
  const requests = bodies.map((body) => ({ method: 'POST', path: '/v1/jobs', body }));
  await sendAll(cluster.server(leader).url, requests, 201);
}

async function killLeader(cluster: ProcessCluster): Promise<number> {
  const leader = await untilLed(cluster, WITHIN_MS);
  await sleep(SECOND_MS + Math.random() * SECOND_MS);
  const among = cluster.names.filter((name) => name !== leader);
  const killedMs = performance.now();
  const killed = cluster.kill(leader);
  const decidedMs = await firstDecision(cluster, { among, job: 'probe', withinMs: WITHIN_MS });
  await killed;
  await cluster.launch(leader);
  await untilLed(cluster, WITHIN_MS);
  return decidedMs - killedMs;
}

async function cutLeader(cluster: ProcessCluster): Promise<number> {
  const leader = await untilLed(cluster, WITHIN_MS);
  await sleep(SECOND_MS + Math.random() * SECOND_MS);
  const among = cluster.names.filter((name) => name !== leader);
  const cutMs = performance.now();
  for (const name of among) {
    await cluster.network.cut(leader, name);
    await cluster.network.cut(name, leader);
  }
  const decidedMs = await firstDecision(cluster, { among, job: 'probe', withinMs: WITHIN_MS });
  await cluster.network.heal();
  await untilLed(cluster, WITHIN_MS);
  return decidedMs - cutMs;
}

/** A job's entries have to be a second apart, without a gap. */
async function undecidedTicks(cluster: ProcessCluster): Promise<number> {
  const url = cluster.server(await untilLed(cluster, WITHIN_MS)).url;
  let wrong = 0;
  for (const i of range(TICKING)) {
    const answer = await fetch(`${url}/v1/jobs/tick-${i}/ticks?_end=100000&_order=ASC`);
    const ticks = (await answer.json()) as { tick: string; last_tick: string }[];
    ticks.forEach(({ tick }, n) => {
      const before = ticks[n - 1];
      if (before !== undefined && Date.parse(tick) !== Date.parse(before.last_tick) + SECOND_MS) wrong += 1;
    });
    if (ticks.length === 0) wrong += 1;
  }
  return wrong;
}
