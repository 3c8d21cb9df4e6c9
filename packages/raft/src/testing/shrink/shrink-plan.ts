import type { Plan } from '../sim/plan.ts';
import { simulate, type SimulationFailure } from '../sim/simulate.ts';
import { ddmin } from './ddmin.ts';

/** A smaller plan that fails in the same checker. */
export interface ShrunkPlan {
  readonly plan: Plan;
  readonly failure: SimulationFailure;
  /** Runs it took. */
  readonly runs: number;
}

/** How a plan is run; the default is {@link simulate}. */
export type RunPlan = (plan: Plan) => SimulationFailure | undefined;

/** Ways to make a plan simpler, tried in turn; each changes one thing. */
const SIMPLER: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, learners: 0 }),
  (plan) => ({ ...plan, voters: Math.min(plan.voters, 1) }),
  (plan) => ({ ...plan, voters: Math.min(plan.voters, 2) }),
  (plan) => ({ ...plan, voters: Math.min(plan.voters, 3) }),
  (plan) => ({ ...plan, clockPermille: 0 }),
  (plan) => ({ ...plan, turn: 1 }),
  (plan) => ({ ...plan, network: { ...plan.network, lossPermille: 0 } }),
  (plan) => ({ ...plan, network: { ...plan.network, duplicatePermille: 0 } }),
  (plan) => ({ ...plan, network: { ...plan.network, reorder: false } }),
  (plan) => ({ ...plan, network: { ...plan.network, delay: 1, jitter: 1 } }),
  (plan) => ({ ...plan, network: { ...plan.network, snapshotLossPermille: 0, snapshotDelay: 1 } }),
  (plan) => ({ ...plan, network: { ...plan.network, reportsUnreachable: false } }),
  (plan) => ({ ...plan, disk: { ...plan.disk, writeDelay: 1, spikePermille: 0 } }),
  (plan) => ({ ...plan, disk: { ...plan.disk, applyDelay: 1, readDelay: 1 } }),
  (plan) => ({ ...plan, disk: { ...plan.disk, snapshotEvery: 0 } }),
  (plan) => ({ ...plan, disk: { ...plan.disk, cacheBytes: 1_000_000 } }),
  (plan) => ({ ...plan, clients: { ...plan.clients, count: 1 } }),
  (plan) => ({ ...plan, clients: { ...plan.clients, count: 0 } }),
  (plan) => ({ ...plan, clients: { ...plan.clients, keys: 1, casPermille: 0, bytes: 1 } }),
];

/**
 * Makes a failing plan small: ends it where it fails, leaves out events of its script, faults and servers, as long as
 * the same checker fails. Throws TypeError for a plan that does not fail.
 */
export function shrinkPlan(plan: Plan, run: RunPlan = (one) => simulate(one).failure, maxRuns = 600): ShrunkPlan {
  let runs = 1;
  const first = run(plan);
  if (first === undefined) throw new TypeError(`plan of seed ${plan.seed}: must fail to be shrunk`);
  let best: { plan: Plan; failure: SimulationFailure } = { plan, failure: first };
  const attempt = (candidate: Plan): boolean => {
    if (runs >= maxRuns) return false;
    runs++;
    const failure = run(candidate);
    if (failure?.checker !== first.checker) return false;
    best = { plan: candidate, failure };
    return true;
  };
  attempt(endedAt(plan, first));
  for (let size = Infinity; sizeOf(best.plan) < size && runs < maxRuns;) {
    size = sizeOf(best.plan);
    for (const simpler of SIMPLER) {
      const candidate = simpler(best.plan);
      if (JSON.stringify(candidate) !== JSON.stringify(best.plan)) attempt(candidate);
    }
    const base = best.plan;
    ddmin(base.script, (script) => attempt({ ...base, ...paramsOf(best.plan), script }), maxRuns);
    attempt(endedAt(best.plan, best.failure));
  }
  return { ...best, runs };
}

function paramsOf(plan: Plan): Partial<Plan> {
  const { ticks, maxSteps } = plan;
  return { ticks, maxSteps };
}

/** Nothing of the script behind the failure matters; the phase with faults ends there at the latest. */
function endedAt(plan: Plan, { time, steps }: SimulationFailure): Plan {
  return {
    ...plan,
    script: plan.script.filter(({ at }) => at <= time),
    maxSteps: Math.min(plan.maxSteps, steps + 1),
  };
}

/** How much there is in a plan. */
function sizeOf(plan: Plan): number {
  return plan.script.length * 1000 + plan.voters * 100 + plan.learners * 100 + plan.maxSteps / 1000;
}
