import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
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
