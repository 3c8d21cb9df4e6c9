import type { MarksReport, SeedReport, WorkerTask } from './messages.ts';
import { runWorkers } from './run-workers.ts';

/** What came of many seeds. */
export interface SeedsOutcome {
  readonly reports: readonly SeedReport[];
  readonly allMarks: readonly string[];
}

/** How to run seeds; see {@link WorkerTask}. */
export type SeedsOptions = Omit<WorkerTask, 'offset'>;

/** Simulates seeds in as many threads as told. With `stopAtFailure` all end soon after the first failure. */
export async function runSeeds(options: SeedsOptions, timeoutMs = Infinity): Promise<SeedsOutcome> {
  const reports: SeedReport[] = [];
  let allMarks: readonly string[] = [];
  await runWorkers(new URL('./worker.ts', import.meta.url), options, timeoutMs, (message) => {
    const report = message as SeedReport | MarksReport;
    if ('allMarks' in report) {
      allMarks = report.allMarks;
      return false;
    }
    reports.push(report);
    return report.failed !== undefined && options.stopAtFailure;
  });
  reports.sort((a, b) => a.result.seed - b.result.seed);
  return { reports, allMarks };
}
