import { Agent } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCluster } from '@dkron/harness';
import { untilLed } from '@dkron/harness';
import { startProcess } from '../rest/processes.ts';
import { rssOf } from '../server-bench.ts';
import type { Figure } from '../table.ts';
import { percentile } from '../table.ts';
import { exchange, range, sendAll, startCluster } from './bench-cluster.ts';

const LED_MS = 60_000;
const WARM_UP_MS = 10_000;
const API_EVERY_MS = 20;
const API_P99_MS = 25;
const SAMPLE_MS = 10_000;
const SECOND_MS = 1_000;
/** Jobs whose executions are read at the end. */
const READ_JOBS = 200;

export interface HttpJobsOrder {
  /** Due each second. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly agents: number;
  readonly lagMs?: number;
  /** Also asks the API and looks at memory. */
  readonly endurance: boolean;
}

interface Seen {
  readonly apiMs: number[];
  /** Resident bytes of each node, by time. */
  readonly rss: Map<string, number[]>;
}

/** http jobs due each second against a server that answers at once: how many are done, and how late they start. */
export async function httpJobFigures(order: HttpJobsOrder): Promise<Figure[]> {
  const target = await startProcess('../cluster/http-target.ts', []);
  const cluster = await startCluster({ agents: order.agents, serverArgs: ['--execution-retention=50'] });
  try {
    const leader = await untilLed(cluster, LED_MS);
    const url = cluster.server(leader).url;
    await createJobs(url, order, target.port);
    await sleep(WARM_UP_MS);
    const countBefore = await countOf(target.port);
    const start = performance.now();
    const seen = await watch(cluster, url, order);
    const seconds = (performance.now() - start) / SECOND_MS;
    const done = ((await countOf(target.port)) - countBefore) / seconds;
    const lags = await readLags(url, order);
    return figuresOf(order, { done, lags, seen });
  } finally {
    await cluster.close();
    await target.end();
  }
}

async function createJobs(url: string, { perSecond, agents }: HttpJobsOrder, port: number): Promise<void> {
  const tags = agents > 0 ? { pool: 'agents:1' } : { dc: 'dc1:1' };
  const config = { method: 'GET', url: `http://127.0.0.1:${port}/`, expectCode: '200' };
  const jobs = [...range(perSecond)].map((i) => ({
    name: `http-${i}`,
    schedule: '@every 1s',
    executor: 'http',
    executor_config: config,
    tags,
    catchup: 'all',
  }));
  await sendAll(
    url,
    jobs.map((body) => ({ method: 'POST', path: '/v1/jobs', body })),
    201,
  );
}

async function watch(cluster: ProcessCluster, url: string, { seconds, endurance }: HttpJobsOrder): Promise<Seen> {
  const seen: Seen = { apiMs: [], rss: new Map(cluster.nodes.map((name) => [name, []])) };
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const end = performance.now() + seconds * SECOND_MS;
  const sampling = (async () => {
    for (; performance.now() < end; await sleep(SAMPLE_MS)) {
      for (const [name, samples] of seen.rss) samples.push(rssOf(cluster.server(name).pid));
      process.stderr.write(
        `http jobs: ${Math.round((end - performance.now()) / SECOND_MS)} s left, load ${loadavg()[0]?.toFixed(1)}\n`,
      );
    }
  })();
  for (let n = 0; endurance && performance.now() < end; n++) {
    const at = performance.now();
    await exchange(agent, 'GET', `${url}/v1/jobs/http-${n % READ_JOBS}`);
    seen.apiMs.push(performance.now() - at);
    await sleep(API_EVERY_MS);
  }
  await sampling;
  agent.destroy();
  return seen;
}

async function countOf(port: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}/count`)).text());
}

/** From the tick to the start, of all kept executions of some jobs. */
async function readLags(url: string, { perSecond }: HttpJobsOrder): Promise<number[]> {
  const lags: number[] = [];
  const step = Math.max(1, Math.floor(perSecond / READ_JOBS));
  for (let i = 0; i < perSecond; i += step) {
    const answer = await fetch(`${url}/v1/executions?job=http-${i}&_end=1000`);
    for (const { tick, started_at: started } of (await answer.json()) as { tick?: string; started_at: string }[]) {
      const startedMs = Date.parse(started);
      if (tick !== undefined && startedMs > 0) lags.push(startedMs - Date.parse(tick));
    }
  }
  return lags;
}

interface Result {
  readonly done: number;
  readonly lags: readonly number[];
  readonly seen: Seen;
}

function figuresOf(order: HttpJobsOrder, { done, lags, seen }: Result): Figure[] {
  const { perSecond, seconds, agents, lagMs, endurance } = order;
  const where = `3 servers${agents > 0 ? ` + ${agents} agents` : ''}, ${seconds} s`;
  const lag = percentile(lags, 0.99);
  const figures: Figure[] = [
    {
      name: `http jobs done each second, ${where}`,
      ours: `${Math.round(done)}/s`,
      floor: `${perSecond}/s due`,
      ratio: done / perSecond,
      target: '≥ 0.99',
      met: done / perSecond >= 0.99,
    },
    {
      name: `their lag from tick to start, p50, p99, of ${lags.length} executions`,
      ours: `${percentile(lags, 0.5)} ms, ${lag} ms`,
      floor: lagMs === undefined ? '–' : `${lagMs} ms`,
      ratio: lagMs === undefined ? Number.NaN : lag / lagMs,
      target: lagMs === undefined ? 'none' : '< 1',
      met: lagMs === undefined || lag < lagMs,
    },
  ];
  if (!endurance) return figures;
  const api = percentile(seen.apiMs, 0.99);
  figures.push({
    name: `API meanwhile: GET of a job at the leader, p99 of ${seen.apiMs.length}`,
    ours: `${api.toFixed(1)} ms`,
    floor: `${API_P99_MS} ms`,
    ratio: api / API_P99_MS,
    target: '< 1',
    met: api < API_P99_MS,
  });
  return [...figures, ...memoryFigures(seen)];
}

/** The last fifth beside the second fifth: caches fill in the first. */
function memoryFigures({ rss }: Seen): Figure[] {
  return [...rss].map(([name, samples]) => {
    const fifth = Math.max(1, Math.floor(samples.length / 5));
    const early = percentile(samples.slice(fifth, fifth * 2), 0.5);
    const late = percentile(samples.slice(-fifth), 0.5);
    const mib = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MiB`;
    return {
      name: `resident memory of ${name} in the last fifth, beside the second`,
      ours: mib(late),
      floor: mib(early),
      ratio: late / early,
      target: '≤ 1.1',
      met: late / early <= 1.1,
    };
  });
}
