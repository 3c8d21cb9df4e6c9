import type { Counter, EpochNanos, Histogram, Metrics } from '@dkron/runtime';
import type { Stretch } from './late.ts';

/** Instruments of tick decisions. */
export class TickMetrics {
  readonly #decided: Counter;
  readonly #stale: Counter;
  readonly #problems: Counter;
  readonly #lag: Histogram;
  readonly #batch: Histogram;

  constructor(metrics: Metrics) {
    this.#decided = metrics.counter('dkron_ticks_decided_total', 'Ticks decided, by decision and reason');
    this.#stale = metrics.counter(
      'dkron_tick_decisions_stale_total',
      'Tick decisions computed again because the job had changed',
    );
    this.#problems = metrics.counter('dkron_unschedulable_jobs_total', 'Jobs left out of the timetable when due');
    this.#lag = metrics.histogram(
      'dkron_tick_lag_seconds',
      'From the instant of an on-time tick to its decision',
      [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 10],
    );
    this.#batch = metrics.histogram('dkron_tick_batch_size', 'Ticks in one command', [1, 10, 100, 1_000, 10_000]);
  }

  decided(stretch: Stretch, now: EpochNanos): void {
    this.#decided.add(stretch.count, { decision: stretch.decision, reason: stretch.reason });
    if (stretch.decision === 'run' && stretch.trigger === 'schedule')
      this.#lag.observe(Number(now - stretch.tick) / 1e9);
  }

  batch(size: number): void {
    this.#batch.observe(size);
  }

  stale(count: number): void {
    if (count > 0) this.#stale.add(count);
  }

  problem(): void {
    this.#problems.add(1);
  }
}
