import type { Counter, Gauge, Metrics } from '@dkron/runtime';

/** Instruments of this package. */
export interface WorkerMetrics {
  readonly running: Gauge;
  readonly undelivered: Gauge;
  readonly started: Counter;
  readonly refused: Counter;
  readonly outputDropped: Counter;
}

export function workerMetrics(metrics: Metrics): WorkerMetrics {
  return {
    running: metrics.gauge('dkron_worker_executions_running', 'Executions accepted or running on this node'),
    undelivered: metrics.gauge('dkron_worker_results_undelivered', 'Results the leader has not acknowledged yet'),
    started: metrics.counter('dkron_worker_executions_started_total', 'Executions started on this node'),
    refused: metrics.counter('dkron_worker_dispatches_refused_total', 'Dispatches this node refused'),
    outputDropped: metrics.counter(
      'dkron_worker_output_dropped_bytes',
      'Output that watchers missed for lack of credit; the stored output is not affected',
    ),
  };
}
