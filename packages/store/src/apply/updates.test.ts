import { describe, expect, it } from 'vitest';
import { finished, jobDefinition, manualRun, putJob } from '../testing/fixtures.ts';
import { FAMILY, familyRange, nameOfKey } from '../keys.ts';
import { MemoryKeyValue } from '../memory/index.ts';
import { openHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';

const DAY = '2023-11-14';

/** Job `a`, run by hand at 20 on the given nodes. */
async function running(
  changes: Parameters<typeof jobDefinition>[1] = {},
  nodes: readonly string[] = ['n1'],
): Promise<Harness> {
  const harness = await openHarness();
  await harness.apply(putJob(10n, jobDefinition('a', changes)));
  await harness.apply(manualRun(20n, 'a', nodes));
  return harness;
}

async function retry(harness: Harness, stamp: bigint, attempt: number, nodeName = 'n1'): Promise<void> {
  const due = [...harness.store.dues()].find(({ kind }) => kind === 'retry');
  const target = { executionId: `${stamp}-${nodeName}`, stamp, nodeName };
  const start = {
    kind: 'retry' as const,
    dueId: due?.id ?? 0n,
    jobName: 'a',
    group: 20n,
    attempt,
    fromNode: 'n1',
    target,
  };
  await harness.apply({ type: 'startRuns', stamp, starts: [start] });
}

describe('executionUpdates', () => {
  it('started and finished; a repeated report is known and counted once', async () => {
    const { store, update } = await running();
    expect(await update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n })).toEqual(['applied']);
    expect(await update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n })).toEqual(['known']);
    const report = finished('20-n1', 'success', {
      output: { head: new Uint8Array([65]), tail: new Uint8Array([65]), totalBytes: 1 },
    });
    expect(await update(report, report)).toEqual(['applied', 'known']);
    expect(await update(report, finished('20-n1', 'failed'))).toEqual(['known', 'dropped']);
    expect(await update(finished('99-n1', 'success'), finished('20-n1', 'success', { attempt: 2 }))).toEqual([
      'dropped',
      'dropped',
    ]);
    expect(store.getJob('a')?.state).toMatchObject({
      successCount: 1,
      errorCount: 0,
      status: 'success',
      lastSuccess: report.finishedAt,
    });
    expect(store.stats([DAY])).toEqual([{ date: DAY, successCount: 1, failedCount: 0 }]);
    expect(store.getOutput('20-n1')).toEqual(report.output);
    expect(store.openRuns('a')).toEqual([]);
  });

  it('G-X5: a failed attempt and a successful retry are a success; children become due', async () => {
    const harness = await running({ retries: 1 });
    const { store, apply, update } = harness;
    await apply(putJob(22n, jobDefinition('c', { parentJob: 'a' })));
    await update(finished('20-n1', 'failed'));
    expect(store.getJob('a')?.state).toMatchObject({ status: '', errorCount: 1 });
    await retry(harness, 90n, 2);
    await update(finished('90-n1', 'success', { attempt: 2 }));
    expect(store.getJob('a')?.state).toMatchObject({ status: 'success', successCount: 1, errorCount: 1 });
    expect([...store.dues()]).toMatchObject([{ kind: 'child', jobName: 'c', rootGroup: 20n }]);
    expect(store.stats([DAY])).toMatchObject([{ successCount: 1, failedCount: 1 }]);
  });

  it('G-X8: the status is judged when the last planned node has ended', async () => {
    const { store, apply, update } = await running({}, ['n1', 'n2', 'n3']);
    await apply(putJob(22n, jobDefinition('c', { parentJob: 'a' })));
    await update(finished('20-n1', 'success'), finished('21-n2', 'success'));
    expect(store.getJob('a')?.state.status).toBe('');
    expect([...store.dues()]).toEqual([]);
    await update(finished('22-n3', 'failed'));
    expect(store.getJob('a')?.state.status).toBe('partially_failed');
    expect([...store.dues()]).toEqual([]);
  });

  it('a child due is settled once, runs under the root group, and is recorded when it is skipped', async () => {
    const { store, apply, update, events } = await running();
    await apply(putJob(22n, jobDefinition('c', { parentJob: 'a' })));
    await apply(putJob(23n, jobDefinition('d', { parentJob: 'a', disabled: true })));
    await update(finished('20-n1', 'success'));
    const dues = [...store.dues()];
    expect(dues.map(({ jobName }) => jobName)).toEqual(['c', 'd']);
    const starts = dues.map(({ id, jobName }, i) => {
      const stamp = 200n + BigInt(i);
      return {
        kind: 'child' as const,
        dueId: id,
        jobName,
        group: stamp,
        rootGroup: 20n,
        targets: [{ executionId: `${stamp}-n1`, stamp, nodeName: 'n1' }],
      };
    });
    expect(await apply({ type: 'startRuns', stamp: 200n, starts: [...starts, ...starts] })).toMatchObject({
      runs: [
        { jobName: 'c', rootGroup: 20n, trigger: 'parent' },
        { refused: 'disabled' },
        { refused: 'stale' },
        { refused: 'stale' },
      ],
    });
    expect(store.newestLedgerEntry('d')).toMatchObject({ decision: 'skipped', reason: 'disabled', trigger: 'parent' });
    expect(events.some(({ type }) => type === 'settled')).toBe(false);
    await update(finished('200-n1', 'success'));
    expect(events.filter(({ type }) => type === 'settled')).toEqual([{ type: 'settled', rootGroup: 20n }]);
  });

  it('lost is provisional: a true result takes it back while nothing newer was decided', async () => {
    const { store, update } = await running({ retries: 1 });
    expect(await update(finished('20-n1', 'lost', { reason: 'lease' }))).toEqual(['applied']);
    expect(store.getJob('a')?.state).toMatchObject({ errorCount: 1 });
    expect([...store.dues()]).toHaveLength(1);
    expect(await update(finished('20-n1', 'success', { finishedAt: 1_700_000_009_000_000_000n }))).toEqual(['applied']);
    expect(store.getJob('a')?.state).toMatchObject({
      errorCount: 0,
      lastError: null,
      successCount: 1,
      status: 'success',
    });
    expect([...store.dues()]).toEqual([]);
    expect(store.stats([DAY])).toMatchObject([{ successCount: 1, failedCount: 0 }]);
  });

  it('a sign of life takes lost back; a result after a newer attempt or run is dropped', async () => {
    const first = await running();
    await first.update(finished('20-n1', 'lost'));
    expect(await first.update({ kind: 'started', id: '20-n1', attempt: 1, at: 5n })).toEqual(['applied']);
    expect(first.store.openRuns('a')).toHaveLength(1);
    expect([...first.store.openExecutions()]).toHaveLength(1);

    const second = await running({ retries: 1 });
    await second.update(finished('20-n1', 'lost'));
    await retry(second, 90n, 2);
    expect(await second.update(finished('20-n1', 'success'))).toEqual(['dropped']);

    const third = await running();
    await third.update(finished('20-n1', 'lost'));
    await third.apply(manualRun(300n, 'a'));
    expect(await third.update(finished('20-n1', 'success'))).toEqual(['dropped']);
    expect(third.store.getJob('a')?.state).toMatchObject({ errorCount: 1, successCount: 0 });
  });

  it('cancel: pending ends at once and is not repeated, running is marked, ended is known', async () => {
    const pending = await running({ retries: 3 });
    expect(await pending.update({ kind: 'cancelRequested', id: '20-n1', at: 7n, slotHoldMs: null })).toEqual([
      'applied',
    ]);
    expect(pending.store.getExecution('20-n1')).toMatchObject({
      state: 'cancelled',
      reason: 'cancelled',
      finishedAt: 7n,
    });
    expect(pending.store.getJob('a')?.state).toMatchObject({ errorCount: 1, status: 'failed' });
    expect([...pending.store.dues()]).toEqual([]);
    expect(await pending.update({ kind: 'cancelRequested', id: '20-n1', at: 8n, slotHoldMs: null })).toEqual(['known']);

    const started = await running();
    await started.update(
      { kind: 'started', id: '20-n1', attempt: 1, at: 5n },
      { kind: 'cancelRequested', id: '20-n1', at: 7n, slotHoldMs: null },
    );
    expect(started.store.getExecution('20-n1')).toMatchObject({ state: 'running', cancelRequested: true });
  });

  it('processors make a due record; its settlement replaces the output', async () => {
    const { store, update } = await running({ processors: { log: {} } });
    await update(
      finished('20-n1', 'success', { output: { head: new Uint8Array([1]), tail: new Uint8Array([1]), totalBytes: 1 } }),
    );
    const [due] = [...store.dues()];
    expect(due).toMatchObject({ kind: 'process', executionId: '20-n1', nodeName: 'n1' });
    const processed = { kind: 'processed' as const, id: '20-n1', dueId: due?.id ?? 0n, output: new Uint8Array([2, 3]) };
    expect(await update(processed, processed)).toEqual(['applied', 'known']);
    expect(store.getOutput('20-n1')).toEqual({
      head: new Uint8Array([2, 3]),
      tail: new Uint8Array([2, 3]),
      totalBytes: 2,
    });
  });

  it('a long output is kept compressed and comes back whole', async () => {
    const { store, update, kv } = await running();
    const tail = new Uint8Array(300_000).map((_, i) => (i >> 4) & 255);
    await update(
      finished('20-n1', 'success', { output: { head: tail.subarray(0, 20_000), tail, totalBytes: 300_000 } }),
    );
    const output = store.getOutput('20-n1');
    expect([output?.head.length, output?.tail.length, output?.totalBytes]).toEqual([16_384, 256_000, 300_000]);
    expect(output?.tail).toEqual(tail.subarray(44_000));
    let stored = 0;
    for await (const [, value] of kv.iterate({ gte: new Uint8Array([0x6f]), lt: new Uint8Array([0x70]) })) {
      stored += value.length;
    }
    expect(stored).toBeLessThan(50_000);
  });
});

describe('totals of days', () => {
  const dayOf = (day: number): bigint => BigInt(Date.UTC(2024, 0, day)) * 1_000_000n;
  const dateOf = (day: number): string => new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10);

  async function endedOn(harness: Harness, day: number, state: 'success' | 'failed' | 'lost'): Promise<string> {
    const stamp = harness.stamp();
    await harness.apply(manualRun(stamp, 'a'));
    const id = `${stamp}-n1`;
    await harness.update(finished(id, state, { startedAt: dayOf(day), finishedAt: dayOf(day) }));
    return id;
  }

  it('G-R10: the oldest days go, in whatever order days come, and over restarts', async () => {
    const kv = new MemoryKeyValue();
    const options = { retention: { statsDays: 3 } };
    const first = await openHarness(options, kv);
    await first.apply(putJob(10n, jobDefinition('a')));
    for (const day of [5, 3, 5, 4]) await endedOn(first, day, 'success');
    const keptOf = ({ store }: Harness): number[] =>
      [1, 2, 3, 4, 5, 6, 7].filter((day) => store.stats([dateOf(day)])[0]!.successCount > 0);
    expect(keptOf(first)).toEqual([3, 4, 5]);
    const second = await openHarness(options, kv);
    await endedOn(second, 6, 'success');
    expect(keptOf(second)).toEqual([4, 5, 6]);
    await endedOn(second, 1, 'success');
    expect(keptOf(second)).toEqual([4, 5, 6]);
    expect(second.store.stats([dateOf(5)])).toMatchObject([{ successCount: 2 }]);
    const stored: string[] = [];
    for await (const [key] of kv.iterate(familyRange(FAMILY.stats))) stored.push(nameOfKey(key));
    expect(stored).toEqual([4, 5, 6].map(dateOf));
  });

  it('a failure that is taken back leaves nothing on a day that is gone', async () => {
    const harness = await openHarness({ retention: { statsDays: 1 } });
    await harness.apply(putJob(10n, jobDefinition('a')));
    await harness.apply(putJob(11n, jobDefinition('b')));
    const lost = await endedOn(harness, 2, 'lost');
    const stamp = harness.stamp();
    await harness.apply(manualRun(stamp, 'b'));
    await harness.update(finished(`${stamp}-n1`, 'success', { finishedAt: dayOf(3) }));
    expect(await harness.update({ kind: 'started', id: lost, attempt: 1, at: dayOf(2) })).toEqual(['applied']);
    expect(harness.store.stats([dateOf(2), dateOf(3)])).toMatchObject([{ failedCount: 0 }, { successCount: 1 }]);
  });
});

describe('ephemeral', () => {
  it('goes after its success, with everything of it', async () => {
    const { store, update } = await running({ ephemeral: true });
    await update(finished('20-n1', 'failed'));
    expect(store.hasJob('a')).toBe(true);
    const success = await running({ ephemeral: true });
    await success.update(finished('20-n1', 'success'));
    expect([success.store.hasJob('a'), success.store.getExecution('20-n1'), success.store.ledger('a').total]).toEqual([
      false,
      undefined,
      0,
    ]);
    expect(success.store.stats([DAY])).toMatchObject([{ successCount: 1 }]);
  });

  it('waits for its processors', async () => {
    const { store, update } = await running({ ephemeral: true, processors: { log: {} } });
    await update(finished('20-n1', 'success'));
    const [due] = [...store.dues()];
    expect(store.hasJob('a')).toBe(true);
    await update({ kind: 'processed', id: '20-n1', dueId: due?.id ?? 0n, output: null });
    expect(store.hasJob('a')).toBe(false);
  });

  it('G-X9: a parent stays while it has children and goes with the last of them', async () => {
    const { store, apply, update } = await running({ ephemeral: true });
    await apply(putJob(22n, jobDefinition('c', { parentJob: 'a', ephemeral: true })));
    await update(finished('20-n1', 'success'));
    expect(store.hasJob('a')).toBe(true);
    const [due] = [...store.dues()];
    const targets = [{ executionId: '200-n1', stamp: 200n, nodeName: 'n1' }];
    await apply({
      type: 'startRuns',
      stamp: 200n,
      starts: [{ kind: 'child', dueId: due?.id ?? 0n, jobName: 'c', group: 200n, rootGroup: 20n, targets }],
    });
    await update(finished('200-n1', 'success'));
    expect([...store.jobNames()]).toEqual([]);
  });
});
