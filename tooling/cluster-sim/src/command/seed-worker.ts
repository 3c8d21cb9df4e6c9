import { parentPort, workerData } from 'node:worker_threads';
import { mutateSource } from './mutate-source.ts';
import type { SeedsTask } from './seeds-task.ts';

const task = workerData as SeedsTask;
if (task.mutation !== undefined) mutateSource(task.mutation);
// Most errors are answers here; their stacks are an eighth of the processor time.
Error.stackTraceLimit = 0;
const { runSeeds } = await import('./run-seeds.ts');
await runSeeds(task, (outcome) => parentPort!.postMessage(outcome));
