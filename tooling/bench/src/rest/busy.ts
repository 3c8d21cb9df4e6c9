import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../table.ts';
import { median } from '../table.ts';
import { load } from './load.ts';
import { startProcess } from './processes.ts';

const JOBS = 1_000;
const ROUNDS = 3;
const P99_MS_MAX = 25;
/** Until the code is compiled. */
const WARM_UP_MS = 5_000;
const READS = {
  path: '/v1/jobs/load-000001',
  connections: 8,
  warmUp: 500,
  count: 5_000,
  status: 200,
  perSecond: 1_000,
};

interface JobCounts {
  readonly success_count: number;
}

/** Reads of one job, 1,000 a second, while 1,000 jobs due together start, end and are recorded each second. */
export async function readsWhileBusy(): Promise<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'dkron-bench-'));
  const server = await startProcess('busy-server.ts', [directory, String(JOBS)]);
  try {
    await sleep(WARM_UP_MS);
    const rounds: { readonly p99Ms: number; readonly executed: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [before, startedAt] = [await finished(server.port), performance.now()];
      const { p99Ms } = await load({ ...READS, port: server.port }, server.pid);
      const seconds = (performance.now() - startedAt) / 1_000;
      rounds.push({ p99Ms, executed: ((await finished(server.port)) - before) / seconds });
    }
    const all = rounds.map(({ p99Ms }) => p99Ms);
    const p99Ms = median(all);
    const executed = Math.round(median(rounds.map((round) => round.executed)));
    return {
      name: `p99 of GET, ${READS.perSecond}/s, while ${executed} executions end each second (${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)} ms, load ${loadavg()[0]?.toFixed(1)})`,
      ours: `${p99Ms.toFixed(1)} ms`,
      floor: `${P99_MS_MAX} ms`,
      ratio: p99Ms / P99_MS_MAX,
      target: '< 1',
      met: p99Ms < P99_MS_MAX && executed > JOBS * 0.9,
    };
  } finally {
    await server.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Executions that ended well: all jobs are due as often as this one. */
async function finished(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/jobs/load-000001`);
  const { success_count } = (await answer.json()) as JobCounts;
  return success_count * JOBS;
}
