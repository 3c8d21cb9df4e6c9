import type { EpochNanos } from '@dkron/runtime';
import type { ExecutionId, Group, Trigger } from './execution.ts';
import type { JobName } from './job.ts';
import type { DECISIONS, LEDGER_DECISIONS, LEDGER_REASONS, MISS_REASONS, SKIP_REASONS } from './words.ts';

/** `run`: executions were decided; `skipped`: a rule stood against it; `missed`: too late. */
export type Decision = (typeof DECISIONS)[number];
/**
 * Why a tick in time did not run; `forbid` = a run of the job was open, the dates are `starts_at` and `expires_at`.
 */
export type SkipReason = (typeof SKIP_REASONS)[number];
/**
 * Why a late tick did not run: catch-up is off (`skip`), a newer tick ran for it (`last`), too many were late
 * (`limit`), or it lies before the catch-up window (`window`).
 */
export type MissReason = (typeof MISS_REASONS)[number];

/**
 * What an entry tells. `released`, reason `forbid_hold`: the slot of a job that forbids overlap was let go although the
 * node never confirmed the end of the lost attempt in `executions`; no tick, so `tick` is the moment.
 */
export type LedgerDecision = (typeof LEDGER_DECISIONS)[number];

/** What became of `count` consecutive ticks. */
export interface LedgerEntry {
  readonly jobName: JobName;
  /** First tick of the stretch; for manual, create and child decisions the moment of the decision. */
  readonly tick: EpochNanos;
  readonly lastTick: EpochNanos;
  /** 1 … 100,000 (counting stops there). */
  readonly count: number;
  readonly decision: LedgerDecision;
  /** `''` for `run`. */
  readonly reason: '' | (typeof LEDGER_REASONS)[number];
  readonly trigger: Trigger;
  readonly decidedAt: EpochNanos;
  /** Only for `run` and `released`. */
  readonly group: Group | null;
  readonly executions: readonly ExecutionId[];
}

/** The count of an entry that stands for this many ticks or more. */
export const TICK_COUNT_MAX = 100_000;
