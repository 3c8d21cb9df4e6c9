import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '@dkron/harness';
import { benchJob } from './load-jobs.ts';
import { median } from './table.ts';

/** Resident memory of a process in bytes. */
export function rssOf(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** Resident memory once it stopped falling: the lowest of some seconds at rest. */
export async function restingRss(pid: number, seconds = 6): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < seconds * 2; i++) {
    await sleep(500);
    lowest = Math.min(lowest, rssOf(pid));
  }
  return lowest;
}

/** Milliseconds of one edit, one at a time, median. */
export async function editCost(url: string, jobCount: number, edits: number): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < edits; i++) {
    const body = JSON.stringify({ ...benchJob((i * 7_919) % jobCount), owner: `team-${i}` });
    const start = performance.now();
    const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', body });
    await answer.arrayBuffer();
    samples.push(performance.now() - start);
    if (answer.status !== 201) throw new Error(`edit: ${answer.status}`);
  }
  return median(samples);
}

const IN_FLIGHT = 32;

/** Shell executions per second: `sh -c true` by hand, `IN_FLIGHT` runs under way, each awaited to its committed end. */
export async function shellRate(server: ServerProcess, durationMs: number): Promise<number> {
  const job = {
    name: 'shell-rate',
    schedule: '@manually',
    executor: 'shell',
    executor_config: { shell: 'true', command: 'true' },
  };
  await fetch(`${server.url}/v1/jobs`, { method: 'POST', body: JSON.stringify(job) });
  const end = performance.now() + durationMs;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const answer = await fetch(`${server.url}/v1/jobs/shell-rate/run`, { method: 'POST' });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`run: ${answer.status}`);
      done += 1;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return done / ((performance.now() - start) / 1000);
}
