import type { Run } from '@dkron/jobs';
import { beforeEach, describe, expect, it } from 'vitest';
import { NotLeadingError } from './errors.ts';
import { isRefusal } from './refusal.ts';
import { definition, Harness, member, SECOND, T0 } from '../test/harness.ts';
import type { FakeWorker } from '../test/fake-worker.ts';

async function run(h: Harness, name: string): Promise<Run> {
  const result = await h.engine.runJob(name, { trigger: 'manual' });
  if (isRefusal(result)) throw new Error(result.message);
  return result;
}

describe('Engine: runs and what follows', () => {
  let h: Harness;
  let worker: FakeWorker;

  beforeEach(async () => {
    h = await Harness.start();
    worker = await h.connect();
  });

  /** Beats as a worker does, so that its lease holds. */
  async function advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      worker.tell({ type: 'ping', n: left });
      await h.time.advance(Math.min(left, 1_000));
    }
  }

  it('G-X11: a run by hand is answered when committed, waiters when it is over', async () => {
    await h.put(definition('a', '@manually'));
    const { rootGroup, targets } = await run(h, 'a');
    let settled = false;
    void h.engine.waitSettled(rootGroup).then(() => (settled = true));
    worker.started(worker.dispatches[0]!);
    await h.time.advance(100);
    expect(h.store.getExecution(targets[0]!.executionId)?.state).toBe('running');
    expect(settled).toBe(false);
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(100);
    expect(settled).toBe(true);
    expect(h.store.getExecution(targets[0]!.executionId)?.state).toBe('success');
  });

  it('waiting ends at once for what is over, and with the signal', async () => {
    await expect(h.engine.waitSettled(123n)).resolves.toBeUndefined();
    await h.put(definition('a', '@manually'));
    const { rootGroup } = await run(h, 'a');
    await expect(h.engine.waitSettled(rootGroup, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    const abort = new AbortController();
    const waiting = h.engine.waitSettled(rootGroup, abort.signal);
    abort.abort(new Error('client left'));
    await expect(waiting).rejects.toThrow('client left');
  });

  it('G-X4: a run by hand passes forbid and holds the slot; it can ask to respect it', async () => {
    await h.put(definition('a', '@every 10s', { concurrency: 'forbid' }));
    await run(h, 'a');
    await run(h, 'a');
    const refused = await h.engine.runJob('a', { trigger: 'manual', respectConcurrency: true });
    expect(refused).toMatchObject({ refused: 'forbidden_overlap' });
    await advance(10_100);
    expect(h.ledger('a')).toEqual(['10 skipped forbid schedule']);
  });

  it('an unknown job and a missing target are refusals', async () => {
    expect(await h.engine.runJob('nobody', { trigger: 'manual' })).toMatchObject({ refused: 'not_found' });
    await h.put(definition('a', '@manually'));
    h.members = [];
    expect(await h.engine.runJob('a', { trigger: 'create' })).toMatchObject({ refused: 'no_targets' });
  });

  it('G-X3, G-X6: a failed attempt is retried after its back-off, as a fresh record on the same node', async () => {
    await h.put(definition('a', '@manually', { retries: 1 }));
    await run(h, 'a');
    const first = worker.dispatches[0]!;
    worker.started(first);
    await h.time.advance(10);
    const startedAt = h.time.wallNanos();
    await advance(5_000);
    worker.tell({
      type: 'finished',
      seq: 2,
      id: first.id,
      attempt: 1,
      jobName: 'a',
      report: {
        success: false,
        cancelled: false,
        reason: 'exit',
        exitCode: 1,
        startedAt,
        finishedAt: startedAt + 5n * SECOND,
        output: { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 },
      },
    });
    await advance(2_400);
    expect(worker.dispatches).toHaveLength(1);
    await advance(200);
    expect(worker.dispatches).toHaveLength(2);
    expect(worker.dispatches[1]).toMatchObject({ attempt: 2, group: first.group });
    expect(worker.dispatches[1]!.id).not.toBe(first.id);
    expect(h.store.getExecution(worker.dispatches[1]!.id)).toMatchObject({ state: 'pending', nodeName: 'n1' });
  });

  it('G-X3: a new leader carries out the retry of the old one', async () => {
    await h.put(definition('a', '@manually', { retries: 1 }));
    await run(h, 'a');
    // The result is committed, the retry is not, and the leader is gone.
    h.log.faults.push('none', 'lost');
    worker.finished(worker.dispatches[0]!, false);
    await h.time.advance(10);
    expect(h.log.faults).toEqual([]);
    expect(h.dues().length).toBe(1);
    await h.failOver(500);
    worker.connect(h.engine);
    await h.time.advance(3_000);
    expect(worker.dispatches.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('G-X3: children start when the parent succeeded on every target, also after a fail-over', async () => {
    await h.put(definition('parent', '@manually'));
    await h.put(definition('child', '', { parentJob: 'parent' }));
    const { rootGroup } = await run(h, 'parent');
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(100);
    expect(worker.dispatches.map(({ job }) => job.name)).toEqual(['parent', 'child']);
    const child = h.store.openRuns('child')[0]!;
    expect(child).toMatchObject({ trigger: 'parent', rootGroup });
    await h.failOver(100);
    let settled = false;
    void h.engine.waitSettled(rootGroup).then(() => (settled = true));
    await h.time.advance(10);
    expect(settled).toBe(false);
    worker.connect(h.engine, [worker.item(worker.dispatches[1]!.id, 'running')]);
    await h.time.advance(10);
    worker.finished(worker.dispatches[1]!);
    await h.time.advance(10);
    expect(settled).toBe(true);
  });

  it('G-X8: a run on two nodes is settled by both, children start once', async () => {
    h.members = [member('n1'), member('n2')];
    const other = await h.connect('n2');
    await h.put(definition('parent', '@manually'));
    await h.put(definition('child', '', { parentJob: 'parent', tags: { region: 'global:1' } }));
    await run(h, 'parent');
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(100);
    expect(h.executions('child')).toHaveLength(0);
    other.finished(other.dispatches[0]!);
    await h.time.advance(100);
    expect(h.executions('child')).toHaveLength(1);
  });

  it('a due start with unknown outcome is not doubled', async () => {
    await h.put(definition('parent', '@manually'));
    await h.put(definition('child', '', { parentJob: 'parent' }));
    await run(h, 'parent');
    worker.finished(worker.dispatches[0]!);
    h.log.faults.push('unheard', 'unheard');
    await advance(5_000);
    expect(h.executions('child')).toHaveLength(1);
  });

  it('results of one turn are one command, acknowledged after the commit', async () => {
    await h.put(definition('a', '@manually'));
    for (let i = 0; i < 30; i++) await run(h, 'a');
    const before = h.commandsOf('executionUpdates');
    for (const dispatch of worker.dispatches) worker.started(dispatch);
    for (const dispatch of worker.dispatches) worker.finished(dispatch);
    expect(worker.ackedUpTo).toBe(0);
    await h.time.advance(10);
    expect(h.commandsOf('executionUpdates') - before).toBe(1);
    expect(worker.ackedUpTo).toBe(60);
  });

  it('an update with unknown outcome is not acknowledged: the worker has to come back with it', async () => {
    await h.put(definition('a', '@manually'));
    await run(h, 'a');
    h.log.faults.push('lost');
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(worker.ackedUpTo).toBe(0);
    expect(worker.closedWith).toContain('not known');
    worker.connect(h.engine, [worker.item(worker.dispatches[0]!.id, 'finished')]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts).toEqual([{ id: worker.dispatches[0]!.id, attempt: 1, verdict: 'resend' }]);
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(worker.ackedUpTo).toBe(1);
    expect(worker.dispatches).toHaveLength(1);
  });

  it('G-X11: cancel before the dispatch is final at once', async () => {
    worker.disconnect();
    await h.put(definition('a', '@manually'));
    const { targets } = await run(h, 'a');
    const id = targets[0]!.executionId;
    const answer = h.engine.cancel(id);
    await h.time.advance(10);
    expect(await answer).toMatchObject({ outcome: 'cancelled', execution: { state: 'cancelled' } });
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(worker.dispatches).toHaveLength(0);
    expect(await h.engine.cancel(id)).toMatchObject({ refused: 'already_finished' });
    expect(await h.engine.cancel('1-nowhere')).toMatchObject({ refused: 'not_found' });
  });

  it('G-X11: cancel of a running one asks the node, and again at its next hello', async () => {
    await h.put(definition('a', '@manually'));
    await run(h, 'a');
    const [dispatch] = worker.dispatches;
    worker.started(dispatch!);
    await h.time.advance(10);
    const answer = h.engine.cancel(dispatch!.id);
    await h.time.advance(10);
    expect(await answer).toMatchObject({
      outcome: 'requested',
      execution: { state: 'running', cancelRequested: true },
    });
    expect(worker.cancels).toEqual([dispatch!.id]);
    worker.disconnect();
    worker.connect(h.engine, [worker.item(dispatch!.id, 'running')]);
    await h.time.advance(10);
    expect(worker.cancels).toEqual([dispatch!.id, dispatch!.id]);
    worker.finished(dispatch!, false, { cancelled: true });
    await h.time.advance(10);
    expect(h.store.getExecution(dispatch!.id)?.state).toBe('cancelled');
  });

  it('drain starts nothing new but takes results', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.put(definition('b', '@manually'));
    await run(h, 'b');
    const drained = h.engine.drain(5_000);
    worker.finished(worker.dispatches[0]!);
    await advance(12_000);
    expect(await drained).toBe(true);
    expect(h.ledger('a')).toEqual([]);
    expect(h.store.getExecution(worker.dispatches[0]!.id)?.state).toBe('success');
    await expect(h.engine.runJob('b', { trigger: 'manual' })).rejects.toThrow(NotLeadingError);
    await h.failOver(0);
    expect(h.ledger('a')).toEqual(['10 run schedule']);
  });

  it('a job deleted before the dispatch cancels its pending execution', async () => {
    worker.disconnect();
    await h.put(definition('a', '@manually'));
    const { targets } = await run(h, 'a');
    await h.delete('a');
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(worker.dispatches).toHaveLength(0);
    // Nothing of a deleted job is kept.
    expect(h.store.getExecution(targets[0]!.executionId)).toBeUndefined();
    expect([...h.store.openExecutions()]).toEqual([]);
  });

  it('timeout and kill grace reach the worker', async () => {
    await h.put(definition('a', '@manually', { timeout: '1m30s' }));
    await run(h, 'a');
    expect(worker.dispatches[0]).toMatchObject({ timeoutMs: 90_000, killGraceMs: 10_000, tick: null });
    expect(h.time.wallNanos()).toBeGreaterThanOrEqual(T0);
  });
});

describe('Engine: processors', () => {
  async function finishOne(h: Harness): Promise<string> {
    const worker = await h.connect();
    await h.put(definition('a', '@manually', { processors: { log: {} } }));
    const { targets } = await run(h, 'a');
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    return targets[0]!.executionId;
  }

  function tailOf(h: Harness, id: string): string {
    return new TextDecoder().decode(h.store.getOutput(id)?.tail);
  }

  it('G-E9: replace the stored output, after the result is stored', async () => {
    const h = await Harness.start(['n1'], {}, async () => new TextEncoder().encode('processed'));
    const id = await finishOne(h);
    expect(tailOf(h, id)).toBe('processed');
    expect(h.dues().length).toBe(0);
  });

  it('G-E7: one that fails changes nothing', async () => {
    const h = await Harness.start(['n1'], {}, () => Promise.reject(new Error('boom')));
    const id = await finishOne(h);
    expect(tailOf(h, id)).toBe('done\n');
    expect(h.dues().length).toBe(0);
  });

  it('G-E9: one that hangs delays none but its own', async () => {
    const h = await Harness.start(['n1'], {}, (_execution, _output, { processors }) =>
      processors['silent'] ? new Promise(() => {}) : Promise.resolve(new TextEncoder().encode('processed')),
    );
    const worker = await h.connect();
    await h.put(definition('a', '@manually', { processors: { silent: {} } }));
    await h.put(definition('b', '@manually', { processors: { log: {} } }));
    for (let i = 0; i < 40; i++) await run(h, 'a');
    const { targets } = await run(h, 'b');
    for (const dispatch of worker.dispatches) worker.finished(dispatch);
    await h.time.advance(10);
    expect(tailOf(h, targets[0]!.executionId)).toBe('processed');
    expect(h.dues()).toHaveLength(40);
  });

  it('G-E9: one that hangs is given up after the limit and told so', async () => {
    let signal: AbortSignal | undefined;
    const h = await Harness.start(['n1'], { processTimeoutMs: 5_000 }, (_execution, _output, _definition, given) => {
      signal = given;
      return new Promise(() => {});
    });
    const id = await finishOne(h);
    expect(h.dues().length).toBe(1);
    await h.time.advance(5_100);
    expect(h.dues().length).toBe(0);
    expect(signal?.aborted).toBe(true);
    expect(tailOf(h, id)).toBe('done\n');
  });
});
