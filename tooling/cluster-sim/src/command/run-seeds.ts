import { drawPlan } from '../plan/draw-plan.ts';
import { simulate } from '../run/simulate.ts';
import type { SeedOutcome, SeedsTask } from './seeds-task.ts';

/** Runs the seeds of one thread, one after the other. */
export async function runSeeds(task: SeedsTask, tell: (outcome: SeedOutcome) => void): Promise<void> {
  const { firstSeed, seeds, workers, offset, twiceEvery, limits } = task;
  for (let i = offset; i < seeds; i += workers) {
    const seed = firstSeed + i;
    const plan = drawPlan(seed, limits);
    const before = process.threadCpuUsage();
    const { marks, ...result } = await simulate(plan);
    const twice = twiceEvery > 0 && i % twiceEvery === 0;
    const again = twice ? await simulate(plan) : undefined;
    const { user, system } = process.threadCpuUsage(before);
    const { hash } = result;
    const differs = again !== undefined && again.hash !== hash;
    const message = `Determinism: the second run has hash ${again?.hash}, the first ${hash}`;
    tell({
      ...result,
      twice,
      cpuMs: (user + system) / 1000,
      failure: result.failure ?? (differs ? { invariant: 'Determinism', message, timeMs: 0 } : undefined),
      marks: [...marks],
    });
  }
}
