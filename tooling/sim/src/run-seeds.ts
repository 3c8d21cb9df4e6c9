import { Worker } from 'node:worker_threads';
import type { MarksReport, SeedReport, WorkerTask } from './messages.ts';

/** What came of many seeds. */
export interface SeedsOutcome {
  readonly reports: readonly SeedReport[];
  readonly allMarks: readonly string[];
}

/** How to run seeds; see {@link WorkerTask}. */
export type SeedsOptions = Omit<WorkerTask, 'offset'>;

/** Sources, not builds: what is simulated is what was just written. */
const EXEC_ARGS = ['--conditions=@dkron/source', '--no-warnings'];

/** Simulates seeds in as many threads as told. With `stopAtFailure` all end soon after the first failure. */
export async function runSeeds(options: SeedsOptions, timeoutMs = Infinity): Promise<SeedsOutcome> {
  const reports: SeedReport[] = [];
  let allMarks: readonly string[] = [];
  const workers: Worker[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  const timer = Number.isFinite(timeoutMs) ? setTimeout(() => void stop(), timeoutMs) : undefined;
  const runs = Array.from({ length: options.workers }, (_, offset) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      execArgv: EXEC_ARGS,
      workerData: { ...options, offset } satisfies WorkerTask,
    });
    workers.push(worker);
    return new Promise<void>((resolve, reject) => {
      worker.on('message', (message: SeedReport | MarksReport) => {
        if ('allMarks' in message) {
          allMarks = message.allMarks;
          return;
        }
        reports.push(message);
        if (message.failed !== undefined && options.stopAtFailure) void stop();
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
  reports.sort((a, b) => a.result.seed - b.result.seed);
  return { reports, allMarks };
}
