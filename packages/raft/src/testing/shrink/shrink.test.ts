import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPlan } from '../sim/draw-plan.ts';
import type { SimulationFailure } from '../sim/simulate.ts';
import { ddmin } from './ddmin.ts';
import { planFromText, planToText } from './plan-file.ts';
import { shrinkPlan } from './shrink-plan.ts';

describe('ddmin', () => {
  it('finds exactly the items that matter', () => {
    const property = fc.property(fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 6 }), (needed) => {
      const items = Array.from({ length: 61 }, (_, i) => i);
      const found = ddmin(items, (part) => needed.every((item) => part.includes(item)));
      expect(found).toEqual(needed.toSorted((a, b) => a - b));
    });
    fc.assert(property);
  });

  it('stops at the bound on tests', () => {
    let tests = 0;
    ddmin([...Array(100).keys()], () => ++tests < 0, 7);
    expect(tests).toBe(7);
  });
});

describe('shrinking of plans', () => {
  const plan = drawPlan(5, { nodes: 5, allFaults: true, profile: 'none' });

  /** Fails when three events of different kinds and a lossy network come together. */
  const fails = (one: typeof plan): SimulationFailure | undefined => {
    const kinds = new Set(one.script.map(({ kind }) => kind));
    const failing = kinds.has('crash') && kinds.has('transfer') && one.voters >= 3;
    return failing ? { checker: 'x', message: 'x', time: Infinity, steps: 10 } : undefined;
  };

  it('leaves what the failure needs', () => {
    const { plan: small, failure } = shrinkPlan(plan, fails);
    expect(failure.checker).toBe('x');
    expect(small.script.map(({ kind }) => kind).toSorted()).toEqual(['crash', 'transfer']);
    expect(small).toMatchObject({ voters: 3, learners: 0, maxSteps: 11, clients: { count: 0 } });
    expect(small.network).toMatchObject({ lossPermille: 0, duplicatePermille: 0, reorder: false });
  });

  it('does not settle for a failure of another checker', () => {
    const { plan: small } = shrinkPlan(plan, (one) => {
      const failure = fails(one);
      return failure === undefined ? { checker: 'other', message: '', time: 0, steps: 0 } : failure;
    });
    expect(fails(small)).toBeDefined();
  });

  it('refuses a plan that does not fail', () => {
    expect(() => shrinkPlan(plan, () => undefined)).toThrow('must fail');
  });

  it('writes and reads files of plans', () => {
    expect(planFromText(planToText(plan, 'note'))).toEqual(plan);
    expect(() => planFromText('{"format":"other"}')).toThrow('format');
  });
});
