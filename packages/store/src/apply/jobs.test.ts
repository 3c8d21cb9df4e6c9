import type { JobDefinition } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { jobDefinition, manualRun, NOTHING_SUBMITTED, putJob, finished, versionOf } from '../testing/fixtures.ts';
import { openHarness } from '../testing/harness.ts';

describe('putJob', () => {
  it('creates, then replaces with the counters kept and the version counted', async () => {
    const { store, apply } = await openHarness();
    const submitted = { ...NOTHING_SUBMITTED, successCount: 7, status: 'success' };
    expect(await apply(putJob(10n, jobDefinition('a'), { submitted }))).toMatchObject({
      created: true,
      job: { state: { version: 1 } },
    });
    const change = jobDefinition('a', { owner: 'me' });
    expect(
      await apply(putJob(20n, change, { plannedFrom: 1, submitted: { ...NOTHING_SUBMITTED, errorCount: 3 } })),
    ).toMatchObject({ created: false });
    expect(store.getJob('a')).toMatchObject({
      definition: { owner: 'me' },
      state: { version: 2, revision: 2, successCount: 7, errorCount: 3, status: 'success' },
    });
  });

  it('a job created anew has no version of the one before, whatever became of either', async () => {
    const { store, apply } = await openHarness();
    const put = (owner: string): Promise<unknown> =>
      apply(putJob(10n, jobDefinition('a', { owner }), { plannedFrom: versionOf(store, 'a') }));
    const seen = new Set<number>();
    for (let life = 0; life < 3; life++) {
      for (const owner of ['x', 'y', 'z', 'z']) {
        await put(owner);
        if (life > 0 && owner === 'x') {
          for (const version of seen) {
            expect(
              await apply(
                putJob(20n, jobDefinition('a'), { plannedFrom: versionOf(store, 'a'), precondition: { version } }),
              ),
            ).toMatchObject({ refused: 'precondition_failed' });
            expect(await apply({ type: 'deleteJob', stamp: 21n, name: 'a', precondition: { version } })).toMatchObject({
              refused: 'precondition_failed',
            });
          }
        }
      }
      const last = versionOf(store, 'a');
      for (let version = last - 2; version <= last; version++) seen.add(version);
      await apply({ type: 'deleteJob', stamp: 30n, name: 'a', precondition: { version: last } });
    }
    expect(seen.size).toBe(9);
  });

  it('leaves the same hash when the object that is put is the one that is stored (cluster simulation, seed 8)', async () => {
    const hashes: unknown[] = [];
    for (const again of [(one: JobDefinition) => one, (one: JobDefinition) => ({ ...one })]) {
      const { store } = await openHarness();
      const definition = jobDefinition('a');
      const put = (index: bigint, job: JobDefinition): Promise<unknown> => {
        const command = putJob(10n * index, job, { plannedFrom: versionOf(store, 'a') });
        return store.apply([{ index, data: new Uint8Array(), command }]);
      };
      await put(1n, definition);
      await put(2n, again(store.getJob('a')!.definition));
      hashes.push(store.stateHash());
    }
    expect(hashes[0]).toEqual(hashes[1]);
  });

  it('versions of one batch go by their entries; what is not there has no version', async () => {
    const { store, apply } = await openHarness();
    const [first, second] = [putJob(10n, jobDefinition('a')), putJob(11n, jobDefinition('b'))];
    const entries = [first, second].map((command, i) => ({
      index: BigInt(40 + i),
      data: new Uint8Array(),
      command,
    }));
    await store.apply(entries);
    expect([versionOf(store, 'a'), versionOf(store, 'b')]).toEqual([40, 41]);
    expect(await apply(putJob(12n, jobDefinition('c'), { precondition: { version: 0 } }))).toMatchObject({
      refused: 'precondition_failed',
    });
  });

  it('an equal definition keeps the version, so decisions on the way stay valid', async () => {
    const { store, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(putJob(20n, jobDefinition('a'), { plannedFrom: 1 }));
    expect(store.getJob('a')?.state).toMatchObject({ version: 1, revision: 2 });
  });

  it('G-R2: copies the plan; the same schedule text keeps anchor and never moves back', async () => {
    const { store, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a'), { plan: { next: 500n, decidedUpTo: 400n, anchor: 10n } }));
    await apply(
      putJob(20n, jobDefinition('a', { owner: 'x' }), {
        plannedFrom: 1,
        plan: { next: 100n, decidedUpTo: 90n, anchor: 99n, nextTick: 7n },
      }),
    );
    expect(store.getJob('a')?.state).toMatchObject({ next: 500n, decidedUpTo: 400n, anchor: 10n, nextTick: 7n });
    await apply(
      putJob(30n, jobDefinition('a', { schedule: '@daily' }), {
        plannedFrom: 2,
        plan: { next: 100n, decidedUpTo: 90n, anchor: 99n },
      }),
    );
    expect(store.getJob('a')?.state).toMatchObject({ next: 100n, decidedUpTo: 90n, anchor: 99n });
  });

  it('records the ticks that the plan passes over', async () => {
    const { store, apply } = await openHarness();
    const passed = { reason: 'disabled' as const, tick: 3n, lastTick: 9n, count: 4 };
    await apply(putJob(10n, jobDefinition('a'), { plan: { passed } }));
    expect(store.newestLedgerEntry('a')).toMatchObject({
      ...passed,
      decision: 'skipped',
      trigger: 'schedule',
      decidedAt: 10n,
    });
  });

  it('refuses stale plans and failed preconditions without a trace', async () => {
    const { store, apply, events } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    events.length = 0;
    expect(await apply(putJob(20n, jobDefinition('a', { owner: 'x' }), { plannedFrom: 5 }))).toMatchObject({
      refused: 'stale',
    });
    expect(await apply(putJob(20n, jobDefinition('a'), { plannedFrom: 1, precondition: 'absent' }))).toMatchObject({
      refused: 'precondition_failed',
    });
    expect(
      await apply(putJob(20n, jobDefinition('a'), { plannedFrom: 1, precondition: { version: 9 } })),
    ).toMatchObject({ refused: 'precondition_failed' });
    expect(events).toEqual([]);
    expect(store.getJob('a')?.state.revision).toBe(1);
  });

  it('G-X10: refuses a parent that does not exist, itself, and every longer cycle', async () => {
    const { store, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(putJob(11n, jobDefinition('b', { parentJob: 'a' })));
    await apply(putJob(12n, jobDefinition('c', { parentJob: 'b' })));
    expect(await apply(putJob(13n, jobDefinition('a', { parentJob: 'c' }), { plannedFrom: 1 }))).toMatchObject({
      refused: 'parent_cycle',
    });
    expect(await apply(putJob(14n, jobDefinition('a', { parentJob: 'a' }), { plannedFrom: 1 }))).toMatchObject({
      refused: 'parent_cycle',
    });
    expect(await apply(putJob(15n, jobDefinition('d', { parentJob: 'none' })))).toMatchObject({
      refused: 'parent_not_found',
    });
    expect(store.getJob('c')?.state.dependentJobs).toEqual([]);
  });

  it('G-R4: a child moves from one parent to the other in the same step', async () => {
    const { store, apply, events } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(putJob(11n, jobDefinition('b')));
    await apply(putJob(12n, jobDefinition('c', { parentJob: 'a' })));
    expect(store.getJob('a')?.state.dependentJobs).toEqual(['c']);
    events.length = 0;
    await apply(putJob(13n, jobDefinition('c', { parentJob: 'b' }), { plannedFrom: versionOf(store, 'c') }));
    expect(store.getJob('a')?.state.dependentJobs).toEqual([]);
    expect(store.getJob('b')?.state.dependentJobs).toEqual(['c']);
    expect(events.map((event) => (event.type === 'job' ? event.name : event.type)).sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('deleteJob', () => {
  it('G-R1: deletes what belongs to the job, and nothing of a job whose name begins alike', async () => {
    const { kv, store, apply, update } = await openHarness();
    for (const [i, name] of ['foo', 'foobar', 'foo-2', 'fo'].entries()) {
      const stamp = BigInt(100 * (i + 1));
      await apply(putJob(stamp, jobDefinition(name)));
      await apply(manualRun(stamp + 1n, name));
      await update(
        finished(`${stamp + 1n}-n1`, 'success', {
          output: { head: new Uint8Array([1]), tail: new Uint8Array([1]), totalBytes: 1 },
        }),
      );
    }
    await apply({ type: 'deleteJob', stamp: 1000n, name: 'foo', precondition: null });
    expect(store.executions('foo')).toEqual([]);
    expect(store.ledger('foo').total).toBe(0);
    for (const name of ['foobar', 'foo-2', 'fo']) {
      expect([name, store.executions(name).length, store.ledger(name).total]).toEqual([name, 1, 1]);
    }
    expect(store.getOutput('101-n1')).toBeUndefined();
    expect(store.getOutput('201-n1')?.totalBytes).toBe(1);
    const left: string[] = [];
    for await (const [key] of kv.iterate({})) {
      left.push(new TextDecoder('latin1').decode(key));
    }
    expect(left.filter((key) => /^.foo(?![a-z-])/u.test(key))).toEqual([]);
  });

  it('refuses while its list of dependents is not empty, whoever is on it', async () => {
    const { apply } = await openHarness();
    const submitted = { ...NOTHING_SUBMITTED, dependentJobs: ['nobody'] };
    await apply({ ...putJob(10n, jobDefinition('a')), submitted });
    expect(await apply({ type: 'deleteJob', stamp: 11n, name: 'a', precondition: null })).toMatchObject({
      refused: 'has_children',
    });
    await apply(putJob(12n, jobDefinition('nobody', { parentJob: 'a' })));
    await apply({ type: 'deleteJob', stamp: 13n, name: 'nobody', precondition: null });
    expect(await apply({ type: 'deleteJob', stamp: 14n, name: 'a', precondition: null })).toMatchObject({
      job: { state: { dependentJobs: [] } },
    });
  });

  it('refuses while a job names it as parent', async () => {
    const { apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(putJob(11n, jobDefinition('b', { parentJob: 'a' })));
    expect(await apply({ type: 'deleteJob', stamp: 12n, name: 'a', precondition: null })).toMatchObject({
      refused: 'has_children',
    });
    await apply({ type: 'deleteJob', stamp: 13n, name: 'b', precondition: null });
    expect(await apply({ type: 'deleteJob', stamp: 14n, name: 'a', precondition: null })).toMatchObject({
      job: { definition: { name: 'a' } },
    });
    expect(await apply({ type: 'deleteJob', stamp: 15n, name: 'a', precondition: null })).toMatchObject({
      refused: 'not_found',
    });
  });

  it('a running execution stays open until it ends and leaves nothing to a new job of that name', async () => {
    const { store, apply, update, events } = await openHarness();
    await apply(putJob(10n, jobDefinition('a', { concurrency: 'forbid' })));
    await apply(manualRun(20n, 'a'));
    await apply({ type: 'deleteJob', stamp: 30n, name: 'a', precondition: null });
    expect([...store.openExecutions()].map(({ id }) => id)).toEqual(['20-n1']);
    await apply(putJob(40n, jobDefinition('a', { concurrency: 'forbid' })));
    expect(store.openRuns('a')).toEqual([]);
    expect(await update(finished('20-n1', 'success'))).toEqual(['applied']);
    expect([...store.openExecutions()]).toEqual([]);
    expect(store.getExecution('20-n1')).toBeUndefined();
    expect(store.executions('a')).toEqual([]);
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 0, status: '' });
    expect(events.filter(({ type }) => type === 'settled')).toHaveLength(1);
  });
});

describe('toggleJob, deleteExecutions, settings', () => {
  it('toggles from the version it was computed from only', async () => {
    const { store, apply } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    const { plan } = putJob(20n, jobDefinition('a'));
    const toggle = {
      type: 'toggleJob' as const,
      name: 'a',
      disabled: true,
      precondition: null,
      plan: { ...plan, nextTick: null },
    };
    expect(await apply({ ...toggle, stamp: 20n, plannedFrom: 3 })).toMatchObject({ refused: 'stale' });
    expect(await apply({ ...toggle, stamp: 20n, plannedFrom: 1 })).toMatchObject({
      job: { definition: { disabled: true }, state: { version: 2, nextTick: null } },
    });
    expect(store.listJobs({ disabled: true }).total).toBe(1);
  });

  it('deletes executions and counters, keeps status and ledger; what runs is listed again at its end', async () => {
    const { store, apply, update } = await openHarness();
    await apply(putJob(10n, jobDefinition('a')));
    await apply(manualRun(20n, 'a'));
    await update(finished('20-n1', 'success'));
    await apply(manualRun(50n, 'a'));
    await apply({ type: 'deleteExecutions', stamp: 60n, name: 'a' });
    expect(store.executions('a')).toEqual([]);
    expect(store.getExecution('50-n1')?.state).toBe('pending');
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 0, lastSuccess: null, status: 'success' });
    expect(store.ledger('a').total).toBe(2);
    await update(finished('50-n1', 'success'));
    expect(store.executions('a').map(({ state }) => state)).toEqual(['success']);
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 1 });
  });

  it('keeps pause and settings', async () => {
    const { store, apply, events } = await openHarness();
    await apply({ type: 'setPause', stamp: 1n, scope: 'schedule', paused: true });
    await apply({ type: 'setPause', stamp: 2n, scope: 'schedule', paused: true });
    await apply({ type: 'putSetting', stamp: 3n, key: 'k', value: 'v' });
    expect([store.paused('schedule'), store.paused('submissions'), store.getSetting('k')]).toEqual([true, false, 'v']);
    expect(events).toEqual([{ type: 'pause', scope: 'schedule', paused: true }]);
  });
});
