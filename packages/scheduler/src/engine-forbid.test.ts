import { NO_JOURNAL } from '@dkron/jobs';
import type { Execution, LedgerEntry } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';
import type { FakeWorker } from '../test/fake-worker.ts';
import { definition, Harness, member } from '../test/harness.ts';

const LEASE_MS = 15_000;
/** The lease has ended for certain: it is looked at every fifth of it. */
const LEASE_OVER_MS = 20_000;

/** A job that forbids overlap, and a run of it by hand on n1. */
async function started(
  options: Parameters<typeof Harness.start>[1] = {},
  retries = 0,
): Promise<{ h: Harness; worker: FakeWorker; id: string }> {
  const h = await Harness.start(['n1', 'n2'], options);
  const worker = await h.connect('n1');
  await h.put(definition('a', '@manually', { concurrency: 'forbid', retries, tags: { only: 'n1' } }));
  h.members = [member('n1', { only: 'n1' }), member('n2')];
  const id = await run(h);
  return { h, worker, id };
}

async function run(h: Harness, respectConcurrency = false): Promise<string> {
  const answer = await h.engine.runJob('a', { trigger: 'manual', respectConcurrency });
  await h.time.advance(1);
  return isRefusal(answer) ? answer.refused : answer.targets[0]!.executionId;
}

const released = (h: Harness): readonly LedgerEntry[] => h.store.ledger('a', { decision: 'released' }).entries;
const isHeld = (h: Harness): boolean => [...h.store.dues()].some(({ kind }) => kind === 'hold');
const attempts = (h: Harness): Execution['attempt'][] =>
  h.store
    .executions('a')
    .map(({ attempt }) => attempt)
    .toReversed();

describe('Engine: forbid-hold', () => {
  it('what a silent node ran keeps the slot until the hold has passed, which is recorded', async () => {
    const { h, worker, id } = await started({ forbidHoldMs: 60_000 }, 1);
    worker.started(worker.dispatches[0]!);
    await h.time.advance(LEASE_OVER_MS);
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'lease' });
    expect(await run(h, true)).toBe('forbidden_overlap');
    await h.time.advance(55_000);
    expect(isHeld(h)).toBe(true);
    expect(attempts(h)).toEqual([1]);
    await h.time.advance(10_000);
    expect(isHeld(h)).toBe(false);
    expect(released(h)).toMatchObject([{ jobName: 'a', reason: 'forbid_hold', executions: [id] }]);
    expect(attempts(h)).toEqual([1, 2]);
    expect(h.logger.records.some(({ event }) => event.includes('was never confirmed'))).toBe(true);
  });

  it('a new leader waits for what is left of the hold, at most its length', async () => {
    const { h } = await started({ forbidHoldMs: 60_000 });
    await h.time.advance(LEASE_OVER_MS);
    await h.failOver(30_000);
    expect(isHeld(h)).toBe(true);
    await h.time.advance(31_000);
    expect(released(h)).toHaveLength(1);
  });

  it('a release that is not known to be committed is proposed again', async () => {
    const { h } = await started({ forbidHoldMs: 60_000 });
    await h.time.advance(LEASE_OVER_MS);
    h.log.faults.push('lost');
    await h.time.advance(58_000);
    expect(h.log.faults).toEqual([]);
    await h.time.advance(2_000);
    expect([isHeld(h), released(h).length]).toEqual([false, 1]);
  });

  it('0 holds until the node has its say', async () => {
    const { h, worker, id } = await started({ forbidHoldMs: 0 });
    await h.time.advance(86_400_000);
    expect(h.store.getExecution(id)?.state).toBe('lost');
    expect(isHeld(h)).toBe(true);
    worker.connect(h.engine);
    await h.time.advance(10);
    expect([isHeld(h), released(h).length]).toEqual([false, 0]);
  });

  it('a node that leaves lets go, one that fails does not', async () => {
    const { h } = await started({ forbidHoldMs: 0 });
    h.members = [{ ...member('n1'), status: 'failed' }, member('n2')];
    await h.time.advance(LEASE_OVER_MS);
    expect(isHeld(h)).toBe(true);
    h.members = [{ ...member('n1'), status: 'left' }, member('n2')];
    await h.time.advance(LEASE_MS / 5);
    expect([isHeld(h), released(h).length]).toEqual([false, 0]);
  });

  it.each([
    { says: 'running', held: false, becomes: 'running' },
    { says: 'accepted', held: false, becomes: 'running' },
    { says: 'finished', held: true, becomes: 'lost' },
    { says: 'died', held: false, becomes: 'lost' },
    { says: 'nothing', held: false, becomes: 'lost' },
    { says: 'another journal', held: false, becomes: 'lost' },
  ] as const)('hello: lost, nothing newer, $says on the node', async ({ says, held, becomes }) => {
    const { h, worker, id } = await started();
    await h.time.advance(LEASE_OVER_MS);
    if (says === 'another journal') worker.journal = 'd'.repeat(32);
    worker.connect(h.engine, says === 'nothing' || says === 'another journal' ? [] : [worker.item(id, says)]);
    await h.time.advance(10);
    expect(h.store.getExecution(id)?.state).toBe(becomes);
    expect(isHeld(h)).toBe(held);
    expect((await run(h, true)) === 'forbidden_overlap').toBe(becomes === 'running' || held);
    worker.finished({ id, attempt: 1 });
    await h.time.advance(10);
    expect(isHeld(h)).toBe(false);
  });

  it.each([
    { says: 'running', verdict: 'kill', held: true },
    { says: 'died', verdict: 'forget', held: false },
    { says: 'nothing', verdict: undefined, held: false },
  ] as const)('hello: lost, something newer, $says on the node', async ({ says, verdict, held }) => {
    const { h, worker, id } = await started();
    await h.time.advance(LEASE_OVER_MS);
    await run(h);
    worker.connect(h.engine, says === 'nothing' ? [] : [worker.item(id, says)]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts.find((other) => other.id === id)?.verdict).toBe(verdict);
    expect(isHeld(h)).toBe(held);
    worker.finished({ id, attempt: 1 }, false, { cancelled: true });
    await h.time.advance(10);
    expect(isHeld(h)).toBe(false);
  });

  it('hello: a node without a journal says nothing by what it does not name', async () => {
    const { h, worker, id } = await started();
    await h.time.advance(LEASE_OVER_MS);
    worker.journal = NO_JOURNAL;
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(isHeld(h)).toBe(true);
    worker.finished({ id, attempt: 1 });
    await h.time.advance(10);
    expect(isHeld(h)).toBe(false);
  });

  it('no welcome before a release that the hello brings is committed', async () => {
    const { h, worker } = await started();
    await h.time.advance(LEASE_OVER_MS);
    h.log.faults.push('lost');
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(worker.closedWith).toContain('could not be settled');
    expect(isHeld(h)).toBe(true);
  });

  it('what this leader never sent keeps nothing; what one before may have sent does', async () => {
    const h = await Harness.start(['n1']);
    await h.put(definition('a', '@manually', { concurrency: 'forbid' }));
    const first = await run(h);
    await h.time.advance(LEASE_OVER_MS);
    expect(h.store.getExecution(first)).toMatchObject({ state: 'lost', reason: 'unreachable' });
    expect(isHeld(h)).toBe(false);
    const second = await run(h);
    await h.failOver(0);
    await h.time.advance(LEASE_OVER_MS);
    expect(h.store.getExecution(second)).toMatchObject({ state: 'lost', reason: 'unreachable' });
    expect(isHeld(h)).toBe(true);
  });

  it.each([
    { reason: 'lease', state: 'lost', held: true },
    { reason: 'unreachable', state: 'lost', held: true },
    { reason: 'restart', state: 'lost', held: false },
    { reason: 'timeout', state: 'failed', held: false },
  ] as const)('who speaks for a node says $reason: $state', async ({ reason, state, held }) => {
    const { h, worker, id } = await started();
    worker.finished({ id, attempt: 1 }, false, { reason });
    await h.time.advance(10);
    expect(h.store.getExecution(id)).toMatchObject({ state, reason });
    expect(isHeld(h)).toBe(held);
  });

  it('a cancelled one whose node is away keeps it, too', async () => {
    const { h, worker, id } = await started();
    worker.started(worker.dispatches[0]!);
    const cancelled = h.engine.cancel(id);
    await h.time.advance(LEASE_OVER_MS);
    await cancelled;
    expect(h.store.getExecution(id)?.state).toBe('cancelled');
    expect(isHeld(h)).toBe(true);
    worker.connect(h.engine, [worker.item(id, 'running')]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts).toEqual([{ id, attempt: 1, verdict: 'kill' }]);
    worker.finished({ id, attempt: 1 }, false, { cancelled: true });
    await h.time.advance(10);
    expect(isHeld(h)).toBe(false);
  });

  it('nobody who waits for the end of a run waits for the slot', async () => {
    const { h, id } = await started();
    const group = h.store.getExecution(id)!.group;
    let settled = false;
    void h.engine.waitSettled(group).then(() => (settled = true));
    await h.time.advance(LEASE_OVER_MS);
    expect([settled, isHeld(h)]).toEqual([true, true]);
    await h.failOver(0);
    await h.engine.waitSettled(group);
  });
});
