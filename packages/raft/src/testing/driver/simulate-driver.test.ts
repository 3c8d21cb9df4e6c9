import { describe, expect, it } from 'vitest';
import type { Checker } from '../check/checker.ts';
import { must } from '../check/violation.ts';
import { drawDriverPlan } from './driver-plan.ts';
import { simulateDriver } from './simulate-driver.ts';

/** What a handful of seeds must meet, or they test nothing. */
const MARKS = [
  'process killed',
  'power failed, lose',
  'power failed, tear',
  'crash while starting',
  'crash lost unsynced writes',
  'crash kept unsynced writes',
  'snapshot taken',
  'snapshot received',
  'state restored from a snapshot',
  'read under the lease',
  'joint membership',
  'stall noticed',
  'message doubled',
  'disk filled',
  'read error armed',
  'options and ticks changed',
  'state restored through the log',
];

describe('simulation of nodes', () => {
  it('20 seeds keep every invariant, and do what they are meant to', async () => {
    const marks = new Set<string>();
    let operations = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const result = await simulateDriver(drawDriverPlan(seed));
      expect(result.failure, `seed ${seed}`).toBeUndefined();
      for (const mark of result.marks) marks.add(mark);
      operations += result.operations;
    }
    expect(MARKS.filter((mark) => !marks.has(mark))).toEqual([]);
    expect(operations).toBeGreaterThan(1500);
  }, 180_000);

  it('I18: a plan gives one run, also after it was stored; another seed another', async () => {
    const plan = drawDriverPlan(5, { faultsMs: 2000 });
    const { hash, failure } = await simulateDriver(plan);
    expect(failure).toBeUndefined();
    expect((await simulateDriver(JSON.parse(JSON.stringify(plan)) as typeof plan)).hash).toBe(hash);
    expect((await simulateDriver(drawDriverPlan(6, { faultsMs: 2000 }))).hash).not.toBe(hash);
  });

  it('says which checker of the caller failed, although nodes catch what is thrown inside them', async () => {
    let commits = 0;
    const checker: Checker = {
      name: 'mine',
      committed: () => must(++commits % 10 !== 0, 'mine', () => 'ten commits'),
    };
    const { failure } = await simulateDriver(drawDriverPlan(3), { checkers: [checker] });
    expect(failure).toMatchObject({ checker: 'mine', message: 'mine: ten commits' });
  });
});
