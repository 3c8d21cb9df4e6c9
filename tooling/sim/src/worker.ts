/** Simulates its share of the seeds in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import type * as Testing from '@dkron/raft/testing';
import type { FailedSeed, MarksReport, SeedReport, WorkerTask } from './messages.ts';

const task = workerData as WorkerTask;
const testing = (await import(task.module)) as typeof Testing;

const marks: MarksReport = { allMarks: testing.ALL_MARKS };
parentPort!.postMessage(marks);

for (let i = task.offset; i < task.seeds; i += task.workers) {
  const report = runSeed(task.firstSeed + i);
  parentPort!.postMessage(report);
  if (report.failed !== undefined && task.stopAtFailure) break;
}

function runSeed(seed: number): SeedReport {
  const { limits, nodes } = task;
  const voters = nodes.length === 0 ? limits : { ...limits, nodes: nodes[seed % nodes.length]! };
  const plan = testing.drawPlan(seed, voters);
  const result = testing.simulate(plan, { withMarks: task.withMarks });
  let { failure } = result;
  if (task.twice && failure === undefined) {
    const again = testing.simulate(plan);
    if (again.hash !== result.hash) {
      const message = `I18 determinism: ${result.hash}, then ${again.hash}`;
      failure = { checker: 'I18 determinism', message, time: 0, steps: result.steps };
    }
  }
  if (failure === undefined) return { result, failed: undefined };
  return { result: { ...result, failure }, failed: describe(plan, failure) };
}

function describe(plan: Testing.Plan, failure: Testing.SimulationFailure): FailedSeed {
  const shrunk = task.shrink && failure.checker !== 'I18 determinism' ? testing.shrinkPlan(plan) : undefined;
  return { failure, plan, shrunk };
}
