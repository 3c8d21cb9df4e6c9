import { within } from '../../session/dialer-options.ts';

/** Settings for agents of the original; all have defaults. */
export interface GoAgentsOptions {
  /** As in the engine: silence of this long loses executions (15,000). */
  readonly leaseMs?: number;
  /** An execution whose stream broke is given up after this long (4 h). */
  readonly orphanMs?: number;
  /** From a dial to a connection (10,000). */
  readonly dialTimeoutMs?: number;
  /** Dials after the first (3), their first wait (1,000), doubled each time, at most `maxIntervalMs` (30,000). */
  readonly maxRetries?: number;
  readonly initialIntervalMs?: number;
  readonly maxIntervalMs?: number;
}

export type GoAgentsSettings = Required<GoAgentsOptions>;

/** Fills in defaults. @throws TypeError naming option, value and what is allowed */
export function settingsOf(options: GoAgentsOptions): GoAgentsSettings {
  const {
    leaseMs = 15_000,
    orphanMs = 4 * 3_600_000,
    dialTimeoutMs = 10_000,
    maxRetries = 3,
    initialIntervalMs = 1000,
    maxIntervalMs = 30_000,
  } = options;
  within('leaseMs', leaseMs, 1, 2 ** 31 - 1);
  within('orphanMs', orphanMs, 1, 2 ** 31 - 1);
  within('dialTimeoutMs', dialTimeoutMs, 1, 600_000);
  within('maxRetries', maxRetries, 0, 100);
  within('initialIntervalMs', initialIntervalMs, 1, 2 ** 31 - 1);
  within('maxIntervalMs', maxIntervalMs, initialIntervalMs, 2 ** 31 - 1);
  return { leaseMs, orphanMs, dialTimeoutMs, maxRetries, initialIntervalMs, maxIntervalMs };
}
