import { describe, expect, it } from 'vitest';
import { FAMILY, familyRange } from '../keys.ts';
import { MemoryKeyValue } from '../memory/index.ts';
import { finished, jobDefinition, manualRun, putJob, targetsOn, tickDecision } from '../testing/fixtures.ts';
import { openHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';

async function withJob(changes: Parameters<typeof jobDefinition>[1] = {}): Promise<Harness> {
  const harness = await openHarness();
  await harness.apply(putJob(10n, jobDefinition('a', changes), { plan: { decidedUpTo: 10n } }));
  return harness;
}

const decideAt = (tick: bigint, version = 1, changes: Parameters<typeof tickDecision>[3] = {}) => ({
  type: 'decideTicks' as const,
  stamp: tick,
  decisions: [tickDecision('a', version, tick, changes)],
});

describe('decideTicks', () => {
  it('opens a run, pending executions, one ledger entry, and moves the timetable', async () => {
    const { store, apply, events } = await withJob();
    expect(await apply(decideAt(70n, 1, { targets: targetsOn(70n, 'n1', 'n2') }))).toEqual({ stale: [] });
    expect(store.openRuns('a')).toMatchObject([
      { group: 70n, open: true, targets: [{ nodeName: 'n1' }, { nodeName: 'n2' }] },
    ]);
    expect([...store.openExecutions()]).toMatchObject([{ id: '70-n1', state: 'pending', tick: 70n }, { id: '71-n2' }]);
    expect(store.newestLedgerEntry('a')).toMatchObject({
      decision: 'run',
      tick: 70n,
      executions: ['70-n1', '71-n2'],
      group: 70n,
    });
    expect(store.getJob('a')?.state).toMatchObject({ decidedUpTo: 70n, nextTick: 130n, next: 130n });
    expect(events.some((event) => event.type === 'tick' && event.nextTick === 130n)).toBe(true);
  });

  it('a doubled proposal changes nothing', async () => {
    const { store, apply, events } = await withJob();
    await apply(decideAt(70n));
    events.length = 0;
    await apply(decideAt(70n, 1, { group: 75n, targets: targetsOn(75n, 'n1') }));
    expect(events).toEqual([]);
    expect(store.ledger('a').total).toBe(1);
    expect(store.openRuns('a')).toHaveLength(1);
  });

  it('G-S5: a decision from another version is refused, and a decision never touches the definition', async () => {
    const { store, apply } = await withJob();
    await apply(putJob(20n, jobDefinition('a', { owner: 'new' }), { plannedFrom: 1, plan: { decidedUpTo: 10n } }));
    expect(await apply(decideAt(70n, 1))).toEqual({ stale: ['a'] });
    expect(store.openRuns('a')).toEqual([]);
    expect(await apply(decideAt(70n, 2))).toEqual({ stale: [] });
    expect(store.getJob('a')).toMatchObject({ definition: { owner: 'new' }, state: { version: 2 } });
    expect(await apply({ type: 'decideTicks', stamp: 80n, decisions: [tickDecision('gone', 1, 80n)] })).toEqual({
      stale: ['gone'],
    });
  });

  it.each([
    ['paused', {}, {}],
    ['disabled', { disabled: true }, {}],
    ['expired', { expiresAt: 60n }, {}],
    ['not_started', { startsAt: 90n }, {}],
    ['no_targets', {}, { targets: [] }],
  ] as const)('turns a run into skipped(%s)', async (reason, definition, decision) => {
    const { store, apply } = await withJob(definition);
    await apply({ type: 'setPause', stamp: 11n, scope: 'schedule', paused: reason === 'paused' });
    await apply(decideAt(70n, 1, decision));
    expect(store.newestLedgerEntry('a')).toMatchObject({ decision: 'skipped', reason, group: null, executions: [] });
    expect(store.openRuns('a')).toEqual([]);
    expect(store.getJob('a')?.state.decidedUpTo).toBe(70n);
  });

  it('forbid: the slot is held from the decision to the last attempt, back-off included', async () => {
    const { store, apply, update } = await withJob({ concurrency: 'forbid', retries: 1 });
    await apply(decideAt(70n));
    await apply(decideAt(130n));
    expect(store.newestLedgerEntry('a')?.reason).toBe('forbid');
    await update(finished('70-n1', 'failed'));
    await apply(decideAt(190n));
    expect(store.newestLedgerEntry('a')?.reason).toBe('forbid');
    const [due] = [...store.dues()];
    const target = { executionId: '200-n1', stamp: 200n, nodeName: 'n1' };
    const retry = {
      kind: 'retry' as const,
      dueId: due?.id ?? 0n,
      jobName: 'a',
      group: 70n,
      attempt: 2,
      fromNode: 'n1',
      target,
    };
    await apply({ type: 'startRuns', stamp: 200n, starts: [retry] });
    await update(finished('200-n1', 'success', { attempt: 2 }));
    await apply(decideAt(250n));
    expect(store.newestLedgerEntry('a')?.decision).toBe('run');
  });
});

describe('startRuns', () => {
  it('a run by hand passes forbid and holds the slot, unless it asks to respect it', async () => {
    const { store, apply } = await withJob({ concurrency: 'forbid' });
    await apply(manualRun(20n, 'a'));
    expect(await apply(manualRun(30n, 'a'))).toMatchObject({ runs: [{ group: 30n }] });
    expect(await apply(manualRun(40n, 'a', ['n1'], { respectConcurrency: true }))).toMatchObject({
      runs: [{ refused: 'forbidden_overlap' }],
    });
    expect(store.newestLedgerEntry('a')).toMatchObject({
      decision: 'skipped',
      reason: 'forbid',
      trigger: 'manual',
      tick: 40n,
    });
  });

  it('a disabled job without parent is refused, a child runs; no node and no job are refused', async () => {
    const { apply } = await withJob({ disabled: true });
    expect(await apply(manualRun(20n, 'a'))).toMatchObject({ runs: [{ refused: 'disabled' }] });
    await apply(putJob(21n, jobDefinition('c', { parentJob: 'a', disabled: true })));
    expect(await apply(manualRun(30n, 'c'))).toMatchObject({ runs: [{ open: true }] });
    expect(await apply(manualRun(40n, 'c', []))).toMatchObject({ runs: [{ refused: 'no_targets' }] });
    expect(await apply(manualRun(50n, 'none'))).toMatchObject({ runs: [{ refused: 'not_found' }] });
  });

  it('a token answers the same run for ten minutes of stamps', async () => {
    const { store, apply } = await withJob();
    const minute = 60_000_000_000n;
    const first = await apply(manualRun(100n, 'a', ['n1'], { token: 't' }));
    expect(await apply(manualRun(100n + 9n * minute, 'a', ['n1'], { token: 't' }))).toEqual(first);
    expect(store.openRuns('a')).toHaveLength(1);
    expect(await apply(manualRun(100n + 11n * minute, 'a', ['n1'], { token: 't' }))).toMatchObject({
      runs: [{ group: 100n + 11n * minute }],
    });
  });

  it('G-X6: a retry is a fresh record', async () => {
    const { store, apply, update } = await withJob({ retries: 1 });
    await apply(manualRun(20n, 'a'));
    await update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n }, finished('20-n1', 'failed'));
    const [due] = [...store.dues()];
    expect(due).toMatchObject({ kind: 'retry', attempt: 2, lengthMs: 1500, executionId: '20-n1' });
    const target = { executionId: '90-n2', stamp: 90n, nodeName: 'n2' };
    const start = {
      kind: 'retry' as const,
      dueId: due?.id ?? 0n,
      jobName: 'a',
      group: 20n,
      attempt: 2,
      fromNode: 'n1',
      target,
    };
    expect(await apply({ type: 'startRuns', stamp: 90n, starts: [start, start] })).toMatchObject({
      runs: [{ group: 20n }, { refused: 'stale' }],
    });
    expect(store.getExecution('90-n2')).toMatchObject({
      state: 'pending',
      attempt: 2,
      startedAt: expect.any(BigInt) as bigint,
      exitCode: null,
      reason: null,
    });
    expect(store.getExecution('90-n2')?.finishedAt).toBe(store.getExecution('90-n2')?.startedAt);
    expect(store.openRuns('a')).toMatchObject([{ targets: [{ nodeName: 'n2', attempt: 2, state: 'pending' }] }]);
    expect([...store.dues()]).toEqual([]);
  });
});

describe('retention', () => {
  it('keeps the newest executions and ledger entries; one that still runs is counted when it ends', async () => {
    const { store, apply, update } = await openHarness({ retention: { executionsPerJob: 2, ledgerEntriesPerJob: 3 } });
    await apply(putJob(10n, jobDefinition('a')));
    for (const stamp of [20n, 30n, 40n, 50n]) {
      await apply(manualRun(stamp, 'a'));
      if (stamp !== 20n) {
        await update(finished(`${stamp}-n1`, 'failed'));
      }
    }
    expect(store.executions('a').map(({ stamp }) => stamp)).toEqual([50n, 40n]);
    expect(store.ledger('a').entries.map(({ tick }) => tick)).toEqual([50n, 40n, 30n]);
    expect(store.getExecution('30-n1')).toBeUndefined();
    expect(store.getExecution('20-n1')?.state).toBe('pending');
    await update(finished('20-n1', 'success'));
    expect(store.getExecution('20-n1')).toBeUndefined();
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 1, errorCount: 3, status: 'success' });
  });

  it('what leaves the history leaves nothing behind, with and without output', async () => {
    const kv = new MemoryKeyValue();
    const { apply, update } = await openHarness({ retention: { executionsPerJob: 3 } }, kv);
    const left = async (): Promise<Record<string, number>> => {
      const count: Record<string, number> = {};
      for (const family of ['execution', 'output', 'openRun', 'closedRun', 'history'] as const) {
        count[family] = 0;
        for await (const _ of kv.iterate(familyRange(FAMILY[family]))) count[family] += 1;
      }
      return count;
    };
    await apply(putJob(10n, jobDefinition('a')));
    const nothing = { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 };
    const output = { head: new Uint8Array(1), tail: new Uint8Array(1), totalBytes: 1 };
    for (const [stamp, said] of [
      [20n, nothing],
      [30n, output],
      [40n, nothing],
      [50n, output],
    ] as const) {
      await apply(manualRun(stamp, 'a', ['n1', 'n2']));
      await update(finished(`${stamp}-n1`, 'success', { output: said }), finished(`${stamp + 1n}-n2`, 'failed'));
    }
    expect(await left()).toEqual({ execution: 3, output: 1, openRun: 0, closedRun: 1, history: 3 });
    await apply(manualRun(60n, 'a'));
    await apply({ type: 'deleteExecutions', stamp: 70n, name: 'a' });
    expect(await left()).toEqual({ execution: 1, output: 0, openRun: 1, closedRun: 0, history: 0 });
    await update(finished('60-n1', 'success'));
    await apply({ type: 'deleteJob', stamp: 80n, name: 'a', precondition: null });
    expect(await left()).toEqual({ execution: 0, output: 0, openRun: 0, closedRun: 0, history: 0 });
  });

  it('G-R10: trims by bytes of output and by age between stamps', async () => {
    const { store, apply, update } = await openHarness({
      retention: { outputBytesPerJob: 1000, executionAgeMs: 1000 },
    });
    await apply(putJob(10n, jobDefinition('a')));
    const output = { head: new Uint8Array(300), tail: new Uint8Array(300), totalBytes: 300 };
    for (const stamp of [20n, 30n, 40n]) {
      await apply(manualRun(stamp, 'a'));
      await update(finished(`${stamp}-n1`, 'success', { output }));
    }
    expect(store.executions('a').map(({ stamp }) => stamp)).toEqual([40n]);
    expect(store.getOutput('40-n1')).toEqual(output);
    await apply(manualRun(2_000_000_000n, 'a'));
    expect(store.executions('a').map(({ stamp }) => stamp)).toEqual([2_000_000_000n]);
  });
});
