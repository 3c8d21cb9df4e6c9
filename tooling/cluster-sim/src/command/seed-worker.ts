import { parentPort, workerData } from 'node:worker_threads';
import { runSeeds } from './run-seeds.ts';
import type { SeedsTask } from './seeds-task.ts';

await runSeeds(workerData as SeedsTask, (outcome) => parentPort!.postMessage(outcome));
