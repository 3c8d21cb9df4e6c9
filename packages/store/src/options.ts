/**
 * What is kept of a job's past. Trimming is part of apply, so every server of a cluster must be configured alike, or
 * their state hashes differ.
 */
export interface Retention {
  /** Ended executions beyond this number are removed, oldest first. 1 … 1,000,000, default 100. */
  readonly executionsPerJob: number;
  /** Ledger entries per job, 1 … 1,000,000, default 1,000. */
  readonly ledgerEntriesPerJob: number;
  /** Executions older than this, counted between leader's stamps, go when the job runs again. null (default) = no limit. */
  readonly executionAgeMs: number | null;
  /** Days whose totals of ended attempts are kept; the oldest go when one is added. 1 … 100,000, default 400. */
  readonly statsDays: number;
  /** Output bytes per job, before compression; the newest execution always stays. null (default) = no limit. */
  readonly outputBytesPerJob: number | null;
}

/** What is kept where the options say nothing. */
export const DEFAULT_RETENTION: Retention = {
  executionsPerJob: 100,
  ledgerEntriesPerJob: 1000,
  statsDays: 400,
  executionAgeMs: null,
  outputBytesPerJob: null,
};

/** Settings of a store; all have defaults. */
export interface StoreOptions {
  readonly retention?: Partial<Retention>;
  /** A checkpoint of the state hash is kept every so many entries. Default 1,000. */
  readonly hashEveryEntries?: number;
}
