import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Checker } from '../check/checker.ts';
import { must } from '../check/violation.ts';
import { drawPlan } from './draw-plan.ts';
import { EventHeap } from './event-heap.ts';
import { ALL_MARKS } from './marks.ts';
import { planFromText } from '../shrink/plan-file.ts';
import { PROFILE_NAMES } from './profiles.ts';
import { simulate } from './simulate.ts';

describe('simulation', () => {
  it('60 seeds of 3 and 5 servers with all faults keep every invariant; each gives one hash, with marks or without', () => {
    let operations = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const plan = drawPlan(seed, { nodes: seed % 2 === 0 ? 3 : 5, steps: 1500, allFaults: true });
      const first = simulate(plan, { withMarks: true });
      expect(first.failure, `seed ${seed}`).toBeUndefined();
      expect(simulate(plan).hash, `seed ${seed}`).toBe(first.hash);
      expect(first.marks.filter((mark) => !ALL_MARKS.includes(mark))).toEqual([]);
      operations += first.operations;
    }
    // Faults must leave room for work, or nothing is tested.
    expect(operations).toBeGreaterThan(300);
  });

  it('other seeds give other runs', () => {
    const hashes = [1, 2, 3, 4].map((seed) => simulate(drawPlan(seed, { steps: 500 })).hash);
    expect(new Set(hashes).size).toBe(4);
  });

  it('says which checker of the caller failed, when, and the same again', () => {
    let commits = 0;
    const checker: Checker = {
      name: 'mine',
      committed: () => must(++commits % 10 !== 0, 'mine', () => 'ten commits'),
    };
    const plan = drawPlan(3, { nodes: 3 });
    const { failure, hash } = simulate(plan, { checkers: [checker] });
    expect(failure).toMatchObject({ checker: 'mine', message: 'mine: ten commits' });
    expect(simulate(plan, { checkers: [checker] }).hash).toBe(hash);
  });

  it('a plan survives being stored', () => {
    const plan = drawPlan(9, { steps: 800 });
    expect(simulate(JSON.parse(JSON.stringify(plan)) as typeof plan).hash).toBe(simulate(plan).hash);
  });
});

describe('plans on which a defective core failed, shrunk', () => {
  const folder = new URL('../../../testdata/plans/', import.meta.url);

  it.each(readdirSync(folder))('%s: the core keeps every invariant', (file) => {
    const plan = planFromText(readFileSync(new URL(file, folder), 'utf8'));
    expect(simulate(plan).failure).toBeUndefined();
  });
});

describe('directed profiles', () => {
  it.each(PROFILE_NAMES)('%s: every invariant holds on 10 seeds, and clients get work done', (profile) => {
    let operations = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const result = simulate(drawPlan(seed, { nodes: seed % 2 === 0 ? 3 : 5, steps: 1500, profile }));
      expect(result.failure, `seed ${seed}`).toBeUndefined();
      operations += result.operations;
    }
    expect(operations).toBeGreaterThan(20);
  });

  it('a third of the seeds or more run one, the others are left to chance', () => {
    const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
    const same = (seed: number): boolean =>
      JSON.stringify(drawPlan(seed)) === JSON.stringify(drawPlan(seed, { profile: 'none' }));
    const blind = seeds.filter(same).length;
    expect(blind).toBeGreaterThan(66);
    expect(blind).toBeLessThan(134);
  });
});

describe('event heap', () => {
  it('gives events by time, and equal times in the order they were added', () => {
    const heap = new EventHeap();
    const seen: number[] = [];
    const times = [5, 1, 3, 1, 5, 0, 3, 1];
    for (const [i, time] of times.entries()) heap.add(time, 0, () => void seen.push(i));
    while (heap.size > 0) heap.take()!.run();
    expect(seen).toEqual([5, 1, 3, 7, 2, 6, 0, 4]);
    expect(heap.take()).toBeUndefined();
  });
});
