/** The REST figures: see README. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '@dkron/harness';
import { loadJobs } from '../load-jobs.ts';
import type { Figure } from '../table.ts';
import { readsWhileBusy } from './busy.ts';
import { compare } from './compare.ts';
import type { LoadOrder } from './load.ts';
import { load } from './load.ts';
import type { BenchProcess } from './processes.ts';
import { startProcess } from './processes.ts';

const LISTED = 1_000;
const IN_FLIGHT = 64;
const READS = { connections: IN_FLIGHT, warmUp: 2_000, count: 10_000, status: 200 };
const LISTS = { connections: 16, warmUp: 50, count: 400, status: 200 };
const WRITES = { connections: IN_FLIGHT, path: '/v1/jobs', status: 201 };
const WRITTEN = 4_000;
/** Servers run for months: on both sides the code of a write is compiled before the first figure. */
const WARMED = 20_000;
type Order = Omit<LoadOrder, 'port'>;

const LIST_PATH = `/v1/jobs?_end=${LISTED}`;

/** One run of the REST figures against one server with `jobCount` jobs in the end. */
export async function restFigures(jobCount: number): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'dkron-bench-'));
  const server = await ServerProcess.start({ dataDir: join(directory, 'data'), args: ['--log-level=warn'] });
  try {
    const rest = new RestBench(directory, server);
    await loadJobs(server.url, 0, LISTED);
    const figures = [await rest.oneJob(), await rest.list(), await rest.listAfterWrites()];
    const small = await rest.writes(`at ${count(LISTED)} jobs`);
    figures.push(...small);
    if (jobCount > LISTED) {
      await rest.fill(jobCount);
      const large = await rest.writes(`at ${count(jobCount)} jobs`);
      figures.push(...large, ...large.map((figure, i) => sameFigure(figure, small[i]!)));
    }
    return [...figures, await readsWhileBusy()];
  } finally {
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Both as ratios to the floor of their own minute. */
function sameFigure(large: Figure, small: Figure): Figure {
  const ratio = large.ratio / small.ratio;
  const name = `${large.name.slice(0, large.name.indexOf(' jobs'))} jobs, beside ${count(LISTED)}`;
  const [ours, floor] = [large.ratio.toFixed(2), small.ratio.toFixed(2)];
  return { name, ours, floor, ratio, target: '≥ 0.8', met: ratio >= 0.8 };
}

function count(jobs: number): string {
  return jobs.toLocaleString('en');
}

class RestBench {
  readonly #directory: string;
  readonly #url: string;
  readonly #own: { readonly port: number; readonly pid: number };
  #batches = 0;

  constructor(directory: string, server: ServerProcess) {
    this.#directory = directory;
    this.#url = server.url;
    this.#own = { port: Number(new URL(server.url).port), pid: server.pid };
  }

  /** Jobs up to `until` exist afterwards. */
  async fill(until: number): Promise<void> {
    const jobs = { from: LISTED, until, owner: 'operations' };
    await load({ ...WRITES, ...this.#own, jobs, warmUp: 0, count: until - LISTED }, this.#own.pid);
  }

  async oneJob(): Promise<Figure> {
    const path = '/v1/jobs/load-000001';
    return this.#reads('GET of one job, 64 in flight', 0.6, { ...READS, path });
  }

  async list(): Promise<Figure> {
    return this.#reads('list of 1,000 unchanged jobs, 16 in flight', 0.5, { ...LISTS, path: LIST_PATH });
  }

  /** One connection: replace a listed job, then list; the time of the lists alone, beside lists of a floor unwritten. */
  async listAfterWrites(): Promise<Figure> {
    const order = { ...LISTS, connections: 1, path: LIST_PATH };
    const writes = { from: 0, until: LISTED, owner: 'written' };
    const name = 'list of 1,000 jobs right after a write to one of them, one connection';
    return this.#reads(name, 0.25, order, { ...order, writes });
  }

  /** Creates and replacements, acknowledged when synced. */
  async writes(when: string): Promise<Figure[]> {
    const floor = await startProcess('floor-server.ts', ['append', join(this.#directory, `floor-${this.#batches}`)]);
    try {
      await this.#warm(floor);
      await this.#warm(this.#own);
      const figures: Figure[] = [];
      for (const kind of ['create', 'replace'] as const) {
        figures.push(
          await compare({
            name: `${kind} ${when}, 64 in flight`,
            target: 0.4,
            floor: () => load({ ...WRITES, ...this.#jobs(0), port: floor.port }, floor.pid),
            ours: () =>
              load({ ...WRITES, ...this.#jobs(kind === 'create' ? this.#fresh() : 0), ...this.#own }, this.#own.pid),
          }),
        );
      }
      return figures;
    } finally {
      await floor.end();
    }
  }

  async #warm({ port, pid }: { readonly port: number; readonly pid: number }): Promise<void> {
    await load({ ...WRITES, ...this.#jobs(0), port, warmUp: 0, count: WARMED }, pid);
  }

  /** Names that no job has yet: behind every list and every loaded job. */
  #fresh(): number {
    this.#batches += 1;
    return 1_000_000 + this.#batches * WRITTEN;
  }

  #jobs(from: number): Pick<LoadOrder, 'jobs' | 'count' | 'warmUp'> {
    const warmUp = 500;
    const until = from === 0 ? LISTED : from + WRITTEN;
    this.#batches += 1;
    return { jobs: { from, until, owner: `team-${this.#batches}` }, warmUp, count: WRITTEN - warmUp };
  }

  async #reads(name: string, target: number, order: Order, own: Order = order): Promise<Figure> {
    const floor = await this.#floorOf(order.path);
    try {
      return await compare({
        name,
        target,
        floor: () => load({ ...order, port: floor.port }, floor.pid),
        ours: () => load({ ...own, port: this.#own.port }, this.#own.pid),
      });
    } finally {
      await floor.end();
    }
  }

  /** Bare node:http with the very bytes that ours answers. */
  async #floorOf(path: string): Promise<BenchProcess> {
    const answer = await fetch(this.#url + path);
    const file = join(this.#directory, 'body.json');
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    return startProcess('floor-server.ts', ['bytes', file]);
  }
}
