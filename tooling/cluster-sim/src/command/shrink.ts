import type { Fault, Plan } from '../plan/plan.ts';
import { simulate } from '../run/simulate.ts';

const TRIES_MAX = 150;

/** A plan that breaks the same invariant with fewer faults; undefined = nothing breaks. */
export async function shrink(plan: Plan): Promise<Plan | undefined> {
  const { failure } = await simulate(plan);
  if (failure === undefined) return undefined;
  const breaks = async (smaller: Plan): Promise<boolean> =>
    (await simulate(smaller)).failure?.invariant === failure.invariant;
  const early = plan.faults.filter(({ atMs }) => atMs <= failure.timeMs);
  let best: Plan = plan;
  const calm = { ...plan, faults: early, userMs: 0 };
  if (await breaks(calm)) best = calm;
  best = { ...best, faults: await fewer(best, breaks) };
  return best;
}

/** Leaves out halves, quarters and so on, as long as it still breaks. */
async function fewer(plan: Plan, breaks: (plan: Plan) => Promise<boolean>): Promise<readonly Fault[]> {
  let { faults } = plan;
  let tries = 0;
  for (
    let size = Math.ceil(faults.length / 2);
    size >= 1 && tries < TRIES_MAX;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < faults.length && tries < TRIES_MAX;) {
      const rest = [...faults.slice(0, from), ...faults.slice(from + size)];
      tries += 1;
      if (await breaks({ ...plan, faults: rest })) faults = rest;
      else from += size;
    }
  }
  return faults;
}
