/** Simulates its share of the seeds of whole nodes in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import type * as Testing from '@dkron/raft/testing';
import type { DriverTask } from './messages.ts';

const task = workerData as DriverTask;
const testing = (await import(task.module)) as typeof Testing;

for (let i = task.offset; i < task.seeds; i += task.workers) {
  const result = await runSeed(task.firstSeed + i);
  parentPort!.postMessage(result);
  if (result.failure !== undefined && task.stopAtFailure) break;
}

async function runSeed(seed: number): Promise<Testing.DriverResult> {
  const plan = testing.drawDriverPlan(seed);
  const result = await testing.simulateDriver(plan);
  if (!task.twice || result.failure !== undefined) return result;
  const again = await testing.simulateDriver(plan);
  if (again.hash === result.hash) return result;
  const message = `I18 determinism: ${result.hash}, then ${again.hash}`;
  return { ...result, failure: { checker: 'I18 determinism', message, timeMs: 0 } };
}
