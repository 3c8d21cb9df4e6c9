import { Worker } from 'node:worker_threads';

/** Sources, not builds: what is simulated is what was just written. */
const EXEC_ARGS = ['--conditions=@dkron/source', '--no-warnings'];

/** Runs a task in as many threads as it says, each with an `offset` of its own. `take` says whether all should end. */
export async function runWorkers(
  file: URL,
  task: { readonly workers: number },
  timeoutMs: number,
  take: (message: unknown) => boolean,
): Promise<void> {
  const workers: Worker[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  const timer = Number.isFinite(timeoutMs) ? setTimeout(() => void stop(), timeoutMs) : undefined;
  const runs = Array.from({ length: task.workers }, (_, offset) => {
    const workerData = { ...task, offset };
    const worker = new Worker(file, { execArgv: EXEC_ARGS, workerData });
    workers.push(worker);
    return new Promise<void>((resolve, reject) => {
      worker.on('message', (message: unknown) => {
        if (take(message)) void stop();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  });
  try {
    await Promise.all(runs);
  } finally {
    clearTimeout(timer);
    await stop();
  }
}
