import type { EpochNanos } from '@dkron/runtime';
import type { ExecutionId, Group, Trigger } from './execution.ts';
import type { JobName } from './job.ts';

export type Decision = 'run' | 'skipped' | 'missed';
export type SkipReason = 'forbid' | 'disabled' | 'paused' | 'expired' | 'not_started' | 'no_targets';
export type MissReason = 'skip' | 'last' | 'limit' | 'window';

/** What became of `count` consecutive ticks. */
export interface LedgerEntry {
  readonly jobName: JobName;
  /** First tick of the stretch; for manual, create and child decisions the moment of the decision. */
  readonly tick: EpochNanos;
  readonly lastTick: EpochNanos;
  /** 1 … 100,000 (counting stops there). */
  readonly count: number;
  readonly decision: Decision;
  /** `''` for `run`. */
  readonly reason: '' | SkipReason | MissReason;
  readonly trigger: Trigger;
  readonly decidedAt: EpochNanos;
  /** Only for `run`. */
  readonly group: Group | null;
  readonly executions: readonly ExecutionId[];
}

export const TICK_COUNT_MAX = 100_000;
