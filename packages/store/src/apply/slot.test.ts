import { describe, expect, it } from 'vitest';
import { finished, jobDefinition, manualRun, putJob, tickDecision, versionOf } from '../testing/fixtures.ts';
import { openHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';

const HOLD_MS = 300_000;

/** Job `a` forbids overlap; its attempt on n1, `20-n1`, was given up without the node's word. */
async function givenUp(changes: Parameters<typeof jobDefinition>[1] = {}, state: 'lost' | 'cancelled' = 'lost') {
  const harness = await openHarness();
  await harness.apply(putJob(10n, jobDefinition('a', { concurrency: 'forbid', ...changes })));
  await harness.apply(manualRun(20n, 'a'));
  await harness.update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n });
  await harness.update(finished('20-n1', state, { reason: 'lease', slotHoldMs: HOLD_MS }));
  return harness;
}

/** What a scheduled tick comes to now. */
async function tick({ store, apply, stamp }: Harness): Promise<string> {
  const at = stamp();
  await apply({ type: 'decideTicks', stamp: at, decisions: [tickDecision('a', versionOf(store, 'a'), at)] });
  const entry = store.newestLedgerEntry('a');
  return `${entry?.decision} ${entry?.reason}`.trim();
}

const kinds = ({ store }: Harness): string[] => [...store.dues()].map(({ kind }) => kind);

describe('the slot of an attempt that was given up', () => {
  it('is kept for its length, and the retry waits', async () => {
    const harness = await givenUp({ retries: 1 });
    expect([...harness.store.dues()]).toMatchObject([
      { kind: 'hold', executionId: '20-n1', nodeName: 'n1', attempt: 1, lengthMs: HOLD_MS },
    ]);
    expect(harness.store.openRuns('a')).toMatchObject([{ targets: [{ state: 'waiting' }] }]);
    expect(await tick(harness)).toBe('skipped forbid');
  });

  it('is kept without a retry too: the run is over, and who waits for it does not wait for the slot', async () => {
    const harness = await givenUp();
    expect(harness.store.openRuns('a')).toEqual([]);
    expect(harness.store.getJob('a')?.state.status).toBe('failed');
    expect(harness.events.filter(({ type }) => type === 'settled')).toHaveLength(1);
    expect(await tick(harness)).toBe('skipped forbid');
    expect(await harness.apply(manualRun(harness.stamp(), 'a', ['n1'], { respectConcurrency: true }))).toMatchObject({
      runs: [{ refused: 'forbidden_overlap' }],
    });
    expect(await harness.apply(manualRun(harness.stamp(), 'a'))).toMatchObject({ runs: [{ open: true }] });
  });

  it('is not kept by a job that allows overlap', async () => {
    const harness = await givenUp({ concurrency: 'allow', retries: 1 });
    expect(kinds(harness)).toEqual(['retry']);
  });

  it('is let go when the hold passes, which is recorded once', async () => {
    const harness = await givenUp({ retries: 1 });
    const [hold] = [...harness.store.dues()];
    const passed = { kind: 'released' as const, id: '20-n1', dueId: hold!.id, confirmed: false };
    expect(await harness.update(passed, passed)).toEqual(['applied', 'known']);
    expect(harness.store.ledger('a').entries[0]).toMatchObject({
      decision: 'released',
      reason: 'forbid_hold',
      group: 20n,
      executions: ['20-n1'],
      count: 1,
    });
    expect(harness.store.ledger('a', { decision: 'released' }).total).toBe(1);
    expect([...harness.store.dues()]).toMatchObject([{ kind: 'retry', executionId: '20-n1', attempt: 2 }]);
  });

  it('is let go without a record by word of the node', async () => {
    const harness = await givenUp();
    const [hold] = [...harness.store.dues()];
    await harness.update({ kind: 'released', id: '20-n1', dueId: hold!.id, confirmed: true });
    expect(harness.store.ledger('a', { decision: 'released' }).total).toBe(0);
    expect(await tick(harness)).toBe('run');
  });

  it.each([
    ['lost', 'known', 'lost'],
    ['success', 'applied', 'success'],
    ['cancelled', 'applied', 'cancelled'],
  ] as const)('a report that it ended (%s) lets go', async (state, outcome, becomes) => {
    const harness = await givenUp();
    expect(await harness.update(finished('20-n1', state, { reason: 'restart' }))).toEqual([outcome]);
    expect(harness.store.getExecution('20-n1')?.state).toBe(becomes);
    expect(kinds(harness)).toEqual([]);
    expect(await tick(harness)).toBe('run');
  });

  it('a report lets go even where it is dropped: after a newer run, and after the record is gone', async () => {
    const newer = await givenUp();
    await newer.apply(manualRun(300n, 'a'));
    expect(await newer.update(finished('20-n1', 'success'))).toEqual(['dropped']);
    expect(kinds(newer)).toEqual([]);

    const gone = await givenUp();
    await gone.apply({ type: 'deleteExecutions', stamp: 40n, name: 'a' });
    expect(gone.store.getExecution('20-n1')).toBeUndefined();
    expect(await tick(gone)).toBe('skipped forbid');
    expect(await gone.update(finished('20-n1', 'success', { attempt: 2 }))).toEqual(['dropped']);
    expect(kinds(gone)).toEqual(['hold']);
    expect(await gone.update(finished('20-n1', 'success'))).toEqual(['dropped']);
    expect(kinds(gone)).toEqual([]);
  });

  it('given up again by a leader: the slot stays', async () => {
    const harness = await givenUp();
    expect(await harness.update(finished('20-n1', 'lost', { slotHoldMs: HOLD_MS }))).toEqual(['known']);
    expect(kinds(harness)).toEqual(['hold']);
  });

  it('a sign of life gives it back to the run', async () => {
    const harness = await givenUp({ retries: 1 });
    expect(await harness.update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n })).toEqual(['applied']);
    expect(kinds(harness)).toEqual([]);
    expect(await tick(harness)).toBe('skipped forbid');
    await harness.update(finished('20-n1', 'success'));
    expect(await tick(harness)).toBe('run');
  });

  it('one that was cancelled while its node was away keeps it too, and is not repeated', async () => {
    const harness = await givenUp({ retries: 1 }, 'cancelled');
    expect(await tick(harness)).toBe('skipped forbid');
    expect(await harness.update(finished('20-n1', 'cancelled'))).toEqual(['known']);
    expect(kinds(harness)).toEqual([]);
    expect(await tick(harness)).toBe('run');
  });

  it('a pending one that is cancelled keeps it as long as it may have been sent', async () => {
    for (const slotHoldMs of [null, HOLD_MS]) {
      const harness = await openHarness();
      await harness.apply(putJob(10n, jobDefinition('a', { concurrency: 'forbid' })));
      await harness.apply(manualRun(20n, 'a'));
      await harness.update({ kind: 'cancelRequested', id: '20-n1', at: 22n, slotHoldMs });
      expect(await tick(harness)).toBe(slotHoldMs === null ? 'run' : 'skipped forbid');
    }
  });

  it('goes with the job, and an ephemeral job does not wait for it', async () => {
    const harness = await givenUp({ ephemeral: true });
    const stamp = harness.stamp();
    await harness.apply(manualRun(stamp, 'a'));
    await harness.update(finished(`${stamp}-n1`, 'success'));
    expect(harness.store.hasJob('a')).toBe(false);
    expect(kinds(harness)).toEqual([]);
    await harness.apply(putJob(harness.stamp(), jobDefinition('a', { concurrency: 'forbid' })));
    expect(await tick(harness)).toBe('run');
  });

  it('is known after a restart', async () => {
    const harness = await givenUp({ retries: 1 });
    const again = await openHarness({}, harness.kv);
    expect(await tick(again)).toBe('skipped forbid');
    expect(await again.update(finished('20-n1', 'lost', { reason: 'restart' }))).toEqual(['known']);
    expect(kinds(again)).toEqual(['retry']);
  });
});
