import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { MetricsRegistry } from '../metrics/registry.ts';
import type { ServerOptions } from '../options.ts';
import { Unwind } from './unwind.ts';

/** What every part of a node is made with. */
export interface Environment {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Undefined when nobody may read the metrics. */
  readonly registry: MetricsRegistry | undefined;
  /** How what was started is ended. */
  readonly unwind: Unwind;
  /** A write failed, or this node may not go on: the process has to end. */
  readonly onFatal: (error: Error) => void;
  /** Aborted when the node is to end while it starts: nothing is waited for any more, and no further part begins. */
  readonly signal?: AbortSignal;
}

interface Events {
  readonly onFatal: (error: Error) => void;
  readonly signal?: AbortSignal;
}

export function environmentOf(options: ServerOptions, logger: Logger, events: Events): Environment {
  const registry = options.enablePrometheus ? new MetricsRegistry() : undefined;
  return {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    logger,
    metrics: registry ?? noMetrics,
    registry,
    unwind: new Unwind(),
    ...events,
  };
}
