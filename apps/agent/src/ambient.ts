import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';

/** Time, chance, logs and metrics of the process. */
export interface Ambient {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface AgentEvents {
  /** The agent cannot go on: the process has to end. */
  readonly onFatal: (error: Error) => void;
}
