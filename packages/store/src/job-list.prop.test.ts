import type { JobStatus, StoredJob } from '@dkron/jobs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobSort } from './job-columns.ts';
import { listJobs } from './job-query.ts';
import { JobTable } from './job-table.ts';
import { EMPTY_META } from './records.ts';
import { codecsOf } from './state.ts';
import { jobDefinition } from './testing/fixtures.ts';
import { jsonCodec } from './testing/json-codec.ts';

const time = fc.option(
  fc.nat(4).map((n) => BigInt(n)),
  { nil: null },
);
const change = fc.record({
  name: fc.oneof(
    fc.nat(30).map((n) => `j${n}`),
    fc.constantFrom('\u{1d4ea}', '\uff41', 'ß'),
  ),
  remove: fc.nat(3).map((n) => n === 0),
  displayName: fc.constantFrom('', 'Job A', 'job b', 'Z'),
  schedule: fc.constantFrom('@hourly', '@every 1m', '0 0 * * * *'),
  disabled: fc.boolean(),
  successCount: fc.nat(3),
  errorCount: fc.nat(3),
  lastSuccess: time,
  lastError: time,
  next: fc.constantFrom(-62_135_596_800_000_000_000n, 5n, 6n),
  status: fc.constantFrom<JobStatus>('', 'success', 'failed', 'partially_failed'),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const VALUE: Record<JobSort, (job: StoredJob) => string | number | bigint> = {
  name: () => 0,
  displayname: ({ definition }) => definition.displayName.toLowerCase(),
  schedule: ({ definition }) => definition.schedule.toLowerCase(),
  success_count: ({ state }) => state.successCount,
  error_count: ({ state }) => state.errorCount,
  last_success: ({ state }) => state.lastSuccess ?? 1_000n,
  last_error: ({ state }) => state.lastError ?? 1_000n,
  next: ({ state }) => state.next,
};
const SORTS = Object.keys(VALUE) as JobSort[];

function jobOf({ name, displayName, schedule, disabled, ...edit }: Change): StoredJob {
  const { successCount, errorCount, lastSuccess, lastError, next, status } = edit;
  const happened = { successCount, errorCount, lastSuccess, lastError, next, status };
  const rest = { version: 1, revision: 1, nextTick: null, decidedUpTo: 0n, anchor: 0n, dependentJobs: [], problem: '' };
  return { definition: jobDefinition(name, { displayName, schedule, disabled }), state: { ...rest, ...happened } };
}

function compare<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describe('listJobs over a changing table', () => {
  it('sorts and filters as a scan of everything would, whatever came, went and changed before', () => {
    const codecs = codecsOf(jsonCodec);
    const step = fc.tuple(change, fc.constantFrom(...SORTS), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new JobTable(codecs);
        const model = new Map<string, StoredJob>();
        for (const [edit, sort, disabled] of steps) {
          if (edit.remove) {
            table.delete(edit.name);
            model.delete(edit.name);
          } else {
            const job = jobOf(edit);
            const state = codecs.stateRecord.encode({ state: job.state, meta: EMPTY_META });
            const bytes = { definition: codecs.definition.encode(job.definition), state };
            table.set(edit.name, bytes, { job, meta: EMPTY_META });
            model.set(edit.name, job);
          }
          const all = [...model.values()].sort(
            (a, b) => compare(VALUE[sort](a), VALUE[sort](b)) || compare(a.definition.name, b.definition.name),
          );
          expect(listJobs(table, { sort }).jobs).toEqual(all);
          const kept = all.filter(({ definition, state }) => definition.disabled === disabled && state.status === '');
          expect(listJobs(table, { sort, disabled, status: '', order: 'desc' })).toEqual({
            total: kept.length,
            jobs: kept.toReversed(),
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});
