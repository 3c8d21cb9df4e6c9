import type { GoObject, StoredJob } from '@dkron/jobs';
import { compareUtf8, ordered, sortedMap } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { redactedArguments } from './redacted-arguments.ts';

/** Timetable entries shown: listing more would hold up everything else. */
const CRON_ENTRIES_MAX = 10_000;

/** What the original publishes through expvar, as far as it means anything here; secrets are cut out (G-T4). */
export function debugVars(
  { store, cluster, options }: NodeContext,
  process: { readonly argv: readonly string[]; memoryUsage(): NodeJS.MemoryUsage },
): GoObject {
  const entries: Record<string, string> = {};
  for (const job of store.listJobs({ disabled: false, end: CRON_ENTRIES_MAX }).jobs) {
    if (job.definition.parentJob === '') entries[job.definition.name] = cronEntry(job);
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return ordered(
    ['cmdline', redactedArguments(process.argv)],
    ['cron_entries', sortedMap(entries)],
    [
      'memstats',
      ordered(
        ['Alloc', heapUsed],
        ['Sys', rss],
        ['HeapAlloc', heapUsed],
        ['HeapSys', heapTotal],
        ['OtherSys', external],
      ),
    ],
    ['node', options.nodeName],
    ['scheduler_started', cluster.leads() ? 1 : 0],
  );
}

function cronEntry({ definition: { name, schedule, tags } }: StoredJob): string {
  const pairs = Object.entries(tags ?? {})
    .toSorted(([a], [b]) => compareUtf8(a, b))
    .map(([key, value]) => `${key}:${value}`);
  return `Job: ${name}, scheduled at: ${schedule}, tags:map[${pairs.join(' ')}]`;
}
