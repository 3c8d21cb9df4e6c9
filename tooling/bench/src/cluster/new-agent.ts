import { setTimeout as sleep } from 'node:timers/promises';
import { untilLed } from '@dkron/harness';
import { benchJob } from '../load-jobs.ts';
import { processorUs } from '../raft/processor-time.ts';
import type { Figure } from '../table.ts';
import { median } from '../table.ts';
import { range, sendAll, startCluster } from './bench-cluster.ts';

const JOBS = 10_000;
const LED_MS = 60_000;
const WINDOW_MS = 4_000;
/** Of a window: what the clock of /proc can tell, and what a session and a few messages may cost. */
const TARGET_MS = 100;

/** Processor time of the leader in the seconds in which an agent joins, beside the seconds before. */
export async function newAgentFigure(rounds: number): Promise<Figure> {
  const cluster = await startCluster({ agents: 0, laterAgents: rounds });
  try {
    const leader = await untilLed(cluster, LED_MS);
    const requests = [...range(JOBS)].map((i) => ({ method: 'POST', path: '/v1/jobs', body: benchJob(i) }));
    await sendAll(cluster.server(leader).url, requests, 201);
    await sleep(WINDOW_MS);
    const { pid } = cluster.server(leader);
    const samples: { readonly idleMs: number; readonly joinMs: number }[] = [];
    for (const name of cluster.agents) {
      const idleMs = await spentMs(pid, () => Promise.resolve());
      const joinMs = await spentMs(pid, () => cluster.launch(name).then(() => undefined));
      samples.push({ idleMs, joinMs });
    }
    const idle = median(samples.map(({ idleMs }) => idleMs));
    const joining = median(samples.map(({ joinMs }) => joinMs));
    return {
      name: `processor time of the leader in ${WINDOW_MS / 1_000} s in which an agent joins, ${JOBS.toLocaleString('en')} jobs stored, beside ${WINDOW_MS / 1_000} s without, and 100 ms`,
      ours: `${joining.toFixed(0)} ms`,
      floor: `${idle.toFixed(0)} ms`,
      ratio: (joining - idle) / TARGET_MS,
      target: '≤ 1',
      met: joining - idle <= TARGET_MS,
    };
  } finally {
    await cluster.close();
  }
}

async function spentMs(pid: number, act: () => Promise<void>): Promise<number> {
  const before = processorUs([pid]);
  await act();
  await sleep(WINDOW_MS);
  return (processorUs([pid]) - before) / 1_000;
}
