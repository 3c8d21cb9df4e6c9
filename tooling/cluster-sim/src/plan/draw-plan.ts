import { seededRandom } from '@dkron/runtime/testing';
import { drawFaults } from './draw-faults.ts';
import { drawJobs, pick } from './draw-jobs.ts';
import type { Fault, Plan } from './plan.ts';

const FAULTS_FROM_MS = 8000;

export interface PlanLimits {
  /** Simulated minutes. @default 10 */
  readonly minutes?: number;
  /** @default drawn */
  readonly servers?: number;
  readonly agents?: number;
  /** Kinds of faults. @default drawn for each seed */
  readonly faults?: 'none' | readonly Fault['kind'][];
}

/** The plan of a seed: a cluster, its jobs, its users, and what befalls it. */
export function drawPlan(seed: number, limits: PlanLimits = {}): Plan {
  const random = seededRandom(seed).fork('plan');
  const lengthMs = (limits.minutes ?? 10) * 60_000;
  const servers = limits.servers ?? pick(random, [1, 3, 3, 3, 3, 5]);
  const agents = limits.agents ?? pick(random, [0, 1, 2, 3]);
  const leaseMs = pick(random, [3000, 6000, 15_000]);
  const forbidHoldMs = pick(random, [10_000, 30_000]);
  const replaceAfterMs = pick(random, [15_000, 40_000]);
  const options = {
    slots: pick(random, [4, 64, 512]),
    waitingPerNodeMax: pick(random.fork('waiting'), [2, 16, 1_024]),
    leaseMs,
    forbidHoldMs,
    replaceAfterMs,
    reapMs: 60_000,
    executionsPerJob: pick(random, [10, 100]),
    ledgerPerJob: pick(random, [20, 1000]),
    compactEvery: pick(random.fork('compaction'), [0, 20, 100]),
  };
  const healMs = lengthMs - Math.max(0.3 * lengthMs, endPhaseMs({ leaseMs, forbidHoldMs }));
  const { faults } = limits;
  const kinds = faults === undefined || faults === 'none' ? {} : { kinds: faults };
  const faultLimits = { servers, agents, fromMs: FAULTS_FROM_MS, toMs: healMs, replaceAfterMs, ...kinds };
  return {
    seed,
    servers,
    agents,
    lengthMs,
    healMs,
    options,
    network: {
      delayMs: 0.2,
      jitterMs: pick(random, [0.5, 2, 20]),
      lossPermille: pick(random, [0, 0, 2, 20]),
    },
    disk: { syncMs: pick(random, [0.3, 2, 10]) },
    clockPermille: pick(random, [0, 0, 10]),
    jobs: drawJobs(random.fork('jobs'), agents),
    userMs: pick(random, [0, 3000, 10_000]),
    echoPermille: pick(random.fork('echo'), [0, 50]),
    faults: faults === 'none' ? [] : drawFaults(random.fork('faults'), faultLimits),
  };
}

/** After the last fault everything must be over within this: leases, holds, retries, the longest runs. */
export function endPhaseMs({
  leaseMs,
  forbidHoldMs,
}: {
  readonly leaseMs: number;
  readonly forbidHoldMs: number;
}): number {
  return 2 * leaseMs + forbidHoldMs + 75_000;
}
