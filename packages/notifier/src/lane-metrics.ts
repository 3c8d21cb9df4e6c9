import type { Counter, Gauge, Metrics } from '@dkron/runtime';

/** By receiver. */
export interface LaneMetrics {
  readonly sent: Counter;
  readonly failed: Counter;
  readonly dropped: Counter;
  readonly waiting: Gauge;
}

export function laneMetrics(metrics: Metrics): LaneMetrics {
  return {
    sent: metrics.counter('dkron_notifications_sent_total', 'Notifications that their receiver has taken'),
    failed: metrics.counter('dkron_notifications_failed_total', 'Tries of notifications that failed'),
    dropped: metrics.counter(
      'dkron_notifications_dropped_total',
      'Notifications given up for their age or for lack of room',
    ),
    waiting: metrics.gauge(
      'dkron_notifications_waiting',
      'Notifications that are still to be sent; 0 where this node does not lead',
    ),
  };
}
