import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeWorker } from '../test/fake-worker.ts';
import { definition, Harness } from '../test/harness.ts';
import { isRefusal } from './refusal.ts';

describe('Engine: end to end', () => {
  let h: Harness;
  let worker: FakeWorker;

  beforeEach(async () => {
    h = await Harness.start();
    worker = await h.connect();
  });

  it('ticks, results, retries and children end to end', async () => {
    await h.put(definition('parent', '@every 10s', { retries: 1 }));
    await h.put(definition('child', '', { parentJob: 'parent' }));
    await h.time.advance(10_100);
    expect(worker.dispatches.map(({ job }) => job.name)).toEqual(['parent']);
    worker.started(worker.dispatches[0]!);
    worker.finished(worker.dispatches[0]!, false);
    await h.time.advance(600);
    expect(worker.dispatches.map(({ attempt }) => attempt)).toEqual([1, 2]);
    worker.finished(worker.dispatches[1]!);
    await h.time.advance(600);
    expect(worker.dispatches.map(({ job }) => job.name)).toEqual(['parent', 'parent', 'child']);
    let settled = false;
    void h.engine.waitSettled(worker.dispatches[0]!.group).then(() => (settled = true));
    await h.time.advance(10);
    expect(settled).toBe(false);
    worker.finished(worker.dispatches[2]!);
    await h.time.advance(100);
    expect(settled).toBe(true);
    expect(h.ledger('parent')).toEqual(['10 run schedule']);
    expect(h.entries('child')).toMatchObject([{ decision: 'run', trigger: 'parent', count: 1 }]);
    expect(h.store.getJob('parent')?.state).toMatchObject({ successCount: 1, errorCount: 1, status: 'success' });
    expect([...h.store.dues()]).toEqual([]);
    expect([...h.store.openExecutions()]).toEqual([]);
  });

  it('G-S1: a fail-over decides what was late, pauses and disabled stretches are ranges', async () => {
    await h.put(definition('a', '@every 10s', { catchup: 'last' }));
    await h.failOver(65_000);
    await h.time.advance(10);
    await h.engine.setSchedulePaused(true);
    await h.time.advance(30_000);
    await h.engine.setSchedulePaused(false);
    const stored = h.store.getJob('a')!;
    await h.toggle('a');
    await h.time.advance(20_000);
    await h.toggle('a');
    await h.time.advance(6_000);
    expect(stored.definition.disabled).toBe(false);
    expect(h.ledger('a')).toEqual([
      '10 missed last schedule ×4',
      '50 run catchup',
      '60 run schedule',
      '70 skipped paused schedule ×3',
      '100 skipped disabled schedule ×2',
      '120 run schedule',
    ]);
  });

  it('G-X1, G-X16: lost by lease, alive again, finished; a doubled result counts once', async () => {
    await h.put(definition('a', '@manually'));
    const run = await h.engine.runJob('a', { trigger: 'manual', token: 't' });
    const again = await h.engine.runJob('a', { trigger: 'manual', token: 't' });
    expect(isRefusal(run) || isRefusal(again) || run.group !== again.group).toBe(false);
    await h.time.advance(10);
    worker.started(worker.dispatches[0]!);
    await h.time.advance(20_000);
    const { id } = worker.dispatches[0]!;
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'lease' });
    expect(h.store.getJob('a')?.state.errorCount).toBe(1);
    worker.connect(h.engine, [worker.item(id, 'running')]);
    await h.time.advance(10);
    expect(h.store.getExecution(id)?.state).toBe('running');
    worker.finished(worker.dispatches[0]!);
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(h.store.getExecution(id)?.state).toBe('success');
    expect(h.store.getJob('a')?.state).toMatchObject({ successCount: 1, errorCount: 0 });
    expect(worker.dispatches).toHaveLength(1);
  });
});
