import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { WorkerError } from './errors.ts';
import type { ExecutorSource } from './executor.ts';
import type { Journal } from './journal/journal.ts';

const SLOTS_MAX = 100_000;

/** Settings of a worker; what has no default names the node. */
export interface WorkerOptions {
  readonly node: string;
  readonly region: string;
  /** Executions at a time, 1 … 100,000. Default 512. */
  readonly slots?: number;
  /** A session ends unless it is welcomed within. Default 10,000. */
  readonly helloTimeoutMs?: number;
  /** How long starts and acknowledgements wait for others, and for the end of a short run. Default 10. */
  readonly startReportMs?: number;
}

/** What a worker is given. */
export interface WorkerModules {
  readonly journal: Journal;
  readonly executors: ExecutorSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How a worker ends. */
export interface StopOptions {
  /** Executions may go on this long, then they are killed. */
  readonly timeoutMs: number;
}

/** Fills in defaults; throws `invalid-option`. */
export function resolveOptions(options: WorkerOptions): Required<WorkerOptions> {
  const { node, region, slots = 512, helloTimeoutMs = 10_000, startReportMs = 10 } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > SLOTS_MAX) {
    throw new WorkerError('invalid-option', `slots: ${slots}; allowed are 1 to ${SLOTS_MAX}`, { slots });
  }
  return { node, region, slots, helloTimeoutMs, startReportMs };
}
