import type { EpochNanos } from '@dkron/runtime';
import type { Trigger } from './execution.ts';
import type { JobDefinition } from './job.ts';
import type { SkipReason } from './ledger.ts';

/** All that decides whether a job may start now. */
export interface StartQuestion {
  readonly definition: Pick<JobDefinition, 'disabled' | 'parentJob' | 'concurrency' | 'startsAt' | 'expiresAt'>;
  readonly trigger: Trigger;
  /** The tick for `schedule` and `catchup`; for the others the moment of the decision. */
  readonly at: EpochNanos;
  /** Runs of this job that hold its slot. */
  readonly openRuns: number;
  /** Whether the cluster's schedule is paused. */
  readonly paused: boolean;
  /** How many nodes were selected. */
  readonly targets: number;
  /** A manual run that asks to be refused when the slot is held. Default false. */
  readonly respectConcurrency?: boolean;
}

/** `run`, or the first reason that stands against it. */
export type StartDecision = 'run' | { readonly skipped: SkipReason };

/**
 * Whether a job starts now, and if not, why: the first reason of `disabled`, `paused`, `not_started`, `expired`,
 * `forbid`, `no_targets` that holds. The pause stops `schedule` and `catchup` only. `manual` and `create` ask for
 * themselves: they pass the dates and `forbid` (unless `respectConcurrency`), and a disabled job passes when it has a
 * parent.
 */
export function decideStart(question: StartQuestion): StartDecision {
  const reason = refusalOf(question);
  return reason === undefined ? 'run' : { skipped: reason };
}

function refusalOf(question: StartQuestion): SkipReason | undefined {
  const { definition, trigger, at } = question;
  const asked = trigger === 'manual' || trigger === 'create';
  const scheduled = trigger === 'schedule' || trigger === 'catchup';
  if (definition.disabled && !(asked && definition.parentJob !== '')) return 'disabled';
  if (scheduled && question.paused) return 'paused';
  if (!asked && definition.startsAt !== null && at < definition.startsAt) return 'not_started';
  if (!asked && definition.expiresAt !== null && at > definition.expiresAt) return 'expired';
  const obeysSlot = !asked || question.respectConcurrency === true;
  if (obeysSlot && definition.concurrency === 'forbid' && question.openRuns > 0) return 'forbid';
  return question.targets > 0 ? undefined : 'no_targets';
}
