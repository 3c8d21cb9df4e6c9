import type { Counter, Gauge, Metrics } from '@dkron/runtime';

export interface StoreMetrics {
  readonly appliedEntries: Counter;
  readonly jobs: Gauge;
  readonly stopped: Gauge;
}

export function storeMetrics(metrics: Metrics): StoreMetrics {
  return {
    appliedEntries: metrics.counter('dkron_store_applied_entries_total', 'Log entries applied by this process'),
    jobs: metrics.gauge('dkron_store_jobs', 'Jobs stored'),
    stopped: metrics.gauge('dkron_store_stopped', '1 after a failed write: the server must be restarted'),
  };
}
