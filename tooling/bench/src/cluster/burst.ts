import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCluster } from '@dkron/harness';
import { until, untilLed } from '@dkron/harness';
import { range, sendAll } from './bench-cluster.ts';

const LED_MS = 60_000;
const SECOND_MS = 1_000;
const DONE_MS = 60_000;
const LEAD_MS = 50;

export interface BurstOrder {
  /** All due in the same second. */
  readonly jobs: number;
  /** A whole part of a minute. */
  readonly everySeconds: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly bursts: number;
  /** Right before and after each burst. */
  readonly observe?: (phase: 'begin' | 'end') => void;
}

interface JobSummary {
  readonly last_success: string | null;
  readonly success_count: number;
}

/** Executions per second of each burst: from the second in which all are due until the last one has ended. */
export async function burstRates(cluster: ProcessCluster, order: BurstOrder): Promise<number[]> {
  const { jobs, everySeconds, bursts, prefix } = order;
  const url = cluster.server(await untilLed(cluster, LED_MS)).url;
  await createJobs(url, order);
  const rates: number[] = [];
  // The first one warms up.
  for (let burst = 0; burst <= bursts; burst++) {
    const dueMs = Math.ceil((Date.now() + 2 * LEAD_MS) / (everySeconds * SECOND_MS)) * everySeconds * SECOND_MS;
    await sleep(dueMs - Date.now() - LEAD_MS);
    order.observe?.('begin');
    await sleep(LEAD_MS + everySeconds * SECOND_MS * 0.6);
    const last = await until('the end of a burst', DONE_MS, () => lastEnd(url, order, dueMs));
    order.observe?.('end');
    const seconds = (last - dueMs) / SECOND_MS;
    process.stderr.write(`burst of ${jobs} (${prefix}): ${seconds.toFixed(2)} s, ${Math.round(jobs / seconds)}/s\n`);
    if (burst > 0) rates.push(jobs / seconds);
  }
  await sendAll(
    url,
    [...range(jobs)].map((i) => ({ method: 'DELETE', path: `/v1/jobs/${prefix}-${i}` })),
    200,
  );
  return rates;
}

async function createJobs(url: string, { jobs, everySeconds, tags, prefix }: BurstOrder): Promise<void> {
  const common = { schedule: `*/${everySeconds} * * * * *`, executor: 'shell', executor_config: { command: 'true' } };
  const bodies = [...range(jobs)].map((i) => ({ ...common, name: `${prefix}-${i}`, tags }));
  await sendAll(
    url,
    bodies.map((body) => ({ method: 'POST', path: '/v1/jobs', body })),
    201,
  );
}

/** When the last one ended, once all have. */
async function lastEnd(url: string, { jobs, prefix }: BurstOrder, dueMs: number): Promise<number | undefined> {
  const answer = await fetch(`${url}/v1/jobs?q=${prefix}-&_end=1000000`);
  const ends = ((await answer.json()) as JobSummary[]).map(({ last_success: last }) => Date.parse(last ?? ''));
  const done = ends.filter((end) => end >= dueMs).length;
  if (done < jobs) {
    await sleep(SECOND_MS / 2);
    return undefined;
  }
  return Math.max(...ends);
}
