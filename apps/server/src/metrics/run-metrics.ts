import { jobStatusOf } from '@dkron/jobs';
import type { ReplicatedLog } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { MetricsRegistry } from './registry.ts';

export interface RunMetricsModules {
  readonly store: Pick<Store, 'onApplied'>;
  readonly log: Pick<ReplicatedLog, 'leadershipValid'>;
  readonly registry: MetricsRegistry;
}

/**
 * Counts whole runs, beside the attempts that a job's own counters count (G-X17): one per tick or start by hand, over
 * all its nodes and retries. Only the leader counts. A run whose verdict *lost* is taken back counts again at its end.
 *
 * @returns stops it
 */
export function countRuns({ store, log, registry }: RunMetricsModules): () => void {
  const ended = registry.counter('dkron_job_runs_total', 'Runs that ended, on all their nodes and with their retries');
  return store.onApplied((events) => {
    for (const event of events) {
      if (event.type !== 'run' || event.run.open || !log.leadershipValid()) continue;
      const status = jobStatusOf(event.run);
      if (status !== '') ended.add(1, { job_name: event.run.jobName, status });
    }
  });
}
