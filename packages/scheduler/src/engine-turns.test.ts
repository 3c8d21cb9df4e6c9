import { describe, expect, it } from 'vitest';
import type { FakeWorker } from '../test/fake-worker.ts';
import { definition, Harness, member } from '../test/harness.ts';
import type { EngineOptions } from './options.ts';

const MAX = 8;

/** Two nodes; `slow` runs one execution at a time and ends none by itself. */
async function crowd(
  options: Partial<EngineOptions> = {},
): Promise<{ h: Harness; slow: FakeWorker; quick: FakeWorker }> {
  const h = await Harness.start(['slow', 'quick'], { waitingPerNodeMax: MAX, leaseMs: 1_000_000_000, ...options });
  h.members = [member('slow', { pool: 'slow' }), member('quick', { pool: 'quick' })];
  return { h, ...(await connect(h)) };
}

async function connect(h: Harness): Promise<{ slow: FakeWorker; quick: FakeWorker }> {
  const slow = await h.connect('slow');
  slow.slots = 1;
  slow.connect(h.engine);
  const quick = await h.connect('quick');
  return { slow, quick };
}

const on = (pool: string): { tags: Record<string, string> } => ({ tags: { pool } });

/** Ends whatever `slow` was given, until it is given no more. */
async function drain(h: Harness, slow: FakeWorker): Promise<void> {
  for (let ended = 0; ended < slow.dispatches.length; ended++) {
    slow.finished(slow.dispatches[ended]!);
    await h.time.advance(1);
  }
}

describe('Engine: back-pressure', () => {
  it('a job waits in the timetable while its node has as many starts waiting as may be', async () => {
    const { h } = await crowd();
    await h.put(definition('a', '@every 1s', on('slow')));
    await h.time.advance(60_500);
    // One runs.
    expect(h.executions('a')).toHaveLength(MAX + 1);
    expect(h.store.getJob('a')?.state.nextTick).not.toBeNull();
    expect(h.engine.scheduledCount).toBe(1);
  });

  it('a tick is not late for having waited', async () => {
    const { h, slow } = await crowd();
    await h.put(definition('a', '@every 1s', on('slow')));
    await h.time.advance(60_500);
    for (let i = 0; i < 4; i++) {
      await drain(h, slow);
      await h.time.advance(1_000);
    }
    const lines = h.ledger('a');
    expect(lines.every((line) => line.endsWith('run schedule'))).toBe(true);
    expect(lines.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, i) => `${i + 1} run schedule`));
  });

  it('as soon as there is room, those that wait are decided, without waiting to be looked at again', async () => {
    const { h, slow } = await crowd({ decideBatchMax: 4 });
    const names = Array.from({ length: 100 }, (_, i) => `job-${i}`);
    for (const name of names) await h.put(definition(name, '@every 1h', on('slow')));
    await h.time.advance(3_600_001);
    const decided = (): number => names.filter((name) => h.executions(name).length > 0).length;
    expect(decided()).toBeLessThan(names.length / 2);
    const fromMs = h.time.monotonicMs();
    await drain(h, slow);
    expect(decided()).toBe(names.length);
    expect(slow.dispatches).toHaveLength(names.length);
    expect(h.time.monotonicMs() - fromMs).toBeLessThan(500);
  });

  it('jobs of other nodes, and of any node that has room, go on', async () => {
    const { h, quick } = await crowd();
    for (const name of ['a', 'b', 'c']) await h.put(definition(name, '@every 1s', on('slow')));
    await h.time.advance(20_500);
    await h.put(definition('other', '@every 1s', on('quick')));
    await h.put(definition('both', '@every 1s'));
    await h.time.advance(10_000);
    expect(h.ledger('other')).toHaveLength(10);
    expect(h.ledger('both')).toHaveLength(10);
    expect(quick.dispatches).toHaveLength(20);
  });

  it('after an hour of waiting, ticks are late as any other', async () => {
    const { h, slow } = await crowd();
    await h.put(definition('a', '@every 10m', on('slow')));
    await h.time.advance(24 * 3_600_000 - 100_000);
    for (let i = 0; i < 4; i++) {
      await drain(h, slow);
      await h.time.advance(1_000);
    }
    const lines = h.ledger('a').slice(MAX + 1);
    expect(lines[0]).toBe(`6000 missed skip schedule ×${24 * 6 - 1 - (MAX + 1) - 6}`);
    expect(lines.slice(1)).toEqual([82_800, 83_400, 84_000, 84_600, 85_200, 85_800].map((s) => `${s} run schedule`));
  });

  it('a new leader takes the undecided ticks of a crowded node for ticks that waited', async () => {
    const { h } = await crowd();
    await h.put(definition('a', '@every 1s', on('slow')));
    await h.time.advance(30_500);
    expect(h.executions('a')).toHaveLength(MAX + 1);
    await h.failOver(3_000);
    const { slow } = await connect(h);
    for (let i = 0; i < 4; i++) {
      await drain(h, slow);
      await h.time.advance(1_000);
    }
    const lines = h.ledger('a');
    expect(lines.length).toBeGreaterThanOrEqual(33);
    expect(lines.filter((line) => !line.endsWith('run schedule'))).toEqual([]);
  });

  it('a pause records what waits as skipped', async () => {
    const { h } = await crowd();
    await h.put(definition('a', '@every 1s', on('slow')));
    await h.time.advance(20_500);
    await h.engine.setSchedulePaused(true);
    await h.time.advance(5_000);
    await h.engine.setSchedulePaused(false);
    expect(h.ledger('a').at(-1)).toBe(`${MAX + 2} skipped paused schedule ×${25 - MAX - 1}`);
  });
});
