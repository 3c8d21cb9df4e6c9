import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listJobs } from './job-query.ts';
import { JobTable } from './job-table.ts';
import { EMPTY_META } from './records.ts';
import { Slab } from './slab.ts';
import { codecsOf } from './state.ts';
import { jobDefinition, putJob, versionOf } from './testing/fixtures.ts';
import { jsonCodec } from './testing/json-codec.ts';
import { openHarness } from './testing/harness.ts';

describe('Slab', () => {
  it('keeps every record through growth, deletion and evacuation, in bounded space', () => {
    const slab = new Slab();
    const model = new Map<number, Uint8Array>();
    const step = fc.record({
      slot: fc.nat(40),
      length: fc.nat(200_000),
      fill: fc.nat(255),
      remove: fc.nat(4).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 120 }), (steps) => {
        slab.clear();
        model.clear();
        for (const { slot, length, fill, remove } of steps) {
          if (!remove) {
            slab.set(slot, new Uint8Array(length).fill(fill));
            model.set(slot, new Uint8Array(length).fill(fill));
          } else if (model.delete(slot)) {
            slab.delete(slot);
          }
        }
        for (const [slot, bytes] of model) {
          expect(Buffer.compare(slab.get(slot), bytes), `slot ${slot}`).toBe(0);
        }
        const live = [...model.values()].reduce((sum, bytes) => sum + bytes.length + 24, 0);
        expect(slab.reservedBytes).toBeLessThanOrEqual(live * 3 + 3 * 1024 * 1024);
      }),
      { numRuns: 20 },
    );
  });
});

describe('listJobs', () => {
  it('sorts, filters and slices as a scan of everything would', async () => {
    const { store, apply } = await openHarness();
    for (let i = 0; i < 30; i++) {
      const changes = {
        displayName: `Job ${(i * 7) % 30}`,
        disabled: i % 3 === 0,
        metadata: i % 2 === 0 ? { team: 'x' } : null,
      };
      const submitted = {
        ...putJob(1n, jobDefinition('a')).submitted,
        successCount: i % 4,
        lastError: i % 5 === 0 ? null : BigInt(i),
      };
      await apply(putJob(BigInt(i + 1), jobDefinition(`j${String(i).padStart(2, '0')}`, changes), { submitted }));
    }
    const all = store.listJobs().jobs;
    expect(all.map(({ definition }) => definition.name)).toEqual(
      all.map(({ definition }) => definition.name).toSorted(),
    );
    expect(store.listJobs({ start: 28, end: 99, order: 'desc' }).jobs.map(({ definition }) => definition.name)).toEqual(
      ['j01', 'j00'],
    );
    expect(store.listJobs({ disabled: true, metadata: { team: 'x' }, end: 2 })).toMatchObject({
      total: 5,
      jobs: [{ definition: { name: 'j00' } }, { definition: { name: 'j06' } }],
    });
    expect([...store.jobCountByStatus().values()].reduce((sum, count) => sum + count, 0)).toBe(all.length);
    expect(store.jobCountByStatus().get('')).toBe(all.filter(({ state }) => state.status === '').length);
    expect(store.listJobs({ q: 'Job 2' }).total).toBe(
      all.filter(({ definition }) => definition.displayName.includes('Job 2')).length,
    );
    const errors = store.listJobs({ sort: 'last_error' }).jobs.map(({ state }) => state.lastError);
    expect(errors.slice(-6)).toEqual([null, null, null, null, null, null]);
    expect(errors.slice(0, 2)).toEqual([1n, 2n]);
    await apply(
      putJob(100n, jobDefinition('j29'), {
        plannedFrom: versionOf(store, 'j29'),
        submitted: { ...putJob(1n, jobDefinition('a')).submitted, successCount: 50 },
      }),
    );
    expect(store.listJobs({ sort: 'success_count', order: 'desc', end: 1 }).jobs[0]?.definition.name).toBe('j29');
  });

  it('serves a page of the name order without decoding the rest', () => {
    let decoded = 0;
    const { definition, stateRecord } = codecsOf(jsonCodec);
    const counted = { ...definition, decode: (bytes: Uint8Array) => (decoded++, definition.decode(bytes)) };
    const table = new JobTable({ definition: counted, stateRecord });
    const state = {
      version: 1,
      revision: 1,
      successCount: 0,
      errorCount: 0,
      lastSuccess: null,
      lastError: null,
      status: '' as const,
      next: 0n,
      nextTick: null,
      decidedUpTo: 0n,
      anchor: 0n,
      dependentJobs: [],
      problem: '',
    };
    // Those that came last are kept decoded; they stand behind the others in every order.
    const names = [
      ...Array.from({ length: 2000 }, (_, i) => `j${i}`),
      ...Array.from({ length: 5000 }, (_, i) => `z${i}`),
    ];
    for (const name of names) {
      const job = { definition: jobDefinition(name), state };
      const bytes = {
        definition: definition.encode(job.definition),
        state: stateRecord.encode({ state, meta: EMPTY_META }),
      };
      table.set(name, bytes, { job, meta: EMPTY_META });
    }
    expect(listJobs(table, { start: 1000, end: 1010, sort: 'next' }).jobs).toHaveLength(10);
    expect(listJobs(table, { start: 100, end: 110, disabled: false }).total).toBe(7000);
    expect(decoded).toBe(20);
  });
});
