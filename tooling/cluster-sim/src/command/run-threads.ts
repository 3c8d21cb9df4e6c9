import { Worker } from 'node:worker_threads';
import type { SeedOutcome, SeedsTask } from './seeds-task.ts';

/** Sources, not builds: what is simulated is what was just written. */
const EXEC_ARGV = ['--conditions=@dkron/source', '--no-warnings'];

/** Runs seeds on several threads. @param take - says whether all should end */
export async function runThreads(
  task: Omit<SeedsTask, 'offset'>,
  take: (outcome: SeedOutcome) => boolean,
): Promise<void> {
  const workers: Worker[] = [];
  const threads = Array.from({ length: task.workers }, (_, offset) => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
      execArgv: EXEC_ARGV,
      workerData: { ...task, offset },
    });
    workers.push(worker);
    return new Promise<void>((resolve, reject) => {
      worker.on('message', (outcome: SeedOutcome) => {
        if (take(outcome)) for (const one of workers) void one.terminate();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  });
  await Promise.all(threads);
}
