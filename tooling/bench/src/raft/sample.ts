import { median } from '../table.ts';
import type { LoadResult } from './proposers.ts';
import { processorUs } from './processor-time.ts';

/** One measurement of one cluster. */
export interface Sample extends LoadResult {
  /** Of all three servers, microseconds for each committed entry. */
  readonly cpuUs: number;
  /** Entries for each sync of the leader's log. */
  readonly perSync: number;
}

export interface Subject {
  readonly pids: readonly number[];
  counters(): Promise<{ readonly committed: number; readonly walSyncs: number }>;
}

/** Runs `load` and counts what it cost and how often the leader synced. Refuses a run that lost entries. */
export async function sample(subject: Subject, load: () => Promise<LoadResult>, measureMs: number): Promise<Sample> {
  const before = await subject.counters();
  const cpuBefore = processorUs(subject.pids);
  const result = await load();
  const cpu = processorUs(subject.pids) - cpuBefore;
  const after = await subject.counters();
  const committed = after.committed - before.committed;
  const answered = (result.rate * measureMs) / 1000;
  if (committed < answered) throw new Error(`${answered} answers for ${committed} committed entries`);
  return { ...result, cpuUs: cpu / committed, perSync: committed / (after.walSyncs - before.walSyncs) };
}

/** Column by column. */
export function medianOf(samples: readonly Sample[]): Sample {
  const of = (column: keyof Sample): number => median(samples.map((one) => one[column]));
  return {
    rate: of('rate'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    maxMs: of('maxMs'),
    cpuUs: of('cpuUs'),
    perSync: of('perSync'),
  };
}

export function describe({ rate, p50Ms, p99Ms, cpuUs, perSync }: Sample): string {
  const parts = [`${Math.round(rate).toLocaleString('en')}/s`, `p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms`];
  return [...parts, `${cpuUs.toFixed(cpuUs < 100 ? 1 : 0)} µs CPU`, `${perSync.toFixed(1)} a sync`].join(', ');
}
