import type { JobName, JobPlan, JobState, MissReason, PassedTicks, SkipReason, StoredJob } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';

type Timetable = Pick<JobState, 'next' | 'nextTick' | 'decidedUpTo' | 'anchor' | 'problem'>;

/** The timetable part of a job's state after a plan. While the schedule text stays, nothing of it moves back. */
export function timetableOf(stored: StoredJob | undefined, schedule: string, plan: JobPlan): Timetable {
  const { next, nextTick, decidedUpTo, anchor, problem } = plan;
  if (stored === undefined || stored.definition.schedule !== schedule) {
    return { next, nextTick, decidedUpTo, anchor, problem };
  }
  const { state } = stored;
  return {
    next: later(state.next, next),
    // The same number as before is kept once.
    nextTick: nextTick === state.nextTick ? state.nextTick : nextTick,
    decidedUpTo: later(state.decidedUpTo, decidedUpTo),
    anchor: state.anchor,
    problem,
  };
}

const MISSED: ReadonlySet<SkipReason | MissReason> = new Set<MissReason>(['skip', 'last', 'limit', 'window']);

/** Ticks that a definition change passes over become one ledger entry. */
export function recordPassed(
  tx: Transaction,
  jobName: JobName,
  passed: PassedTicks | null,
  nextTick: bigint | null,
): void {
  if (passed === null) {
    return;
  }
  tx.addLedger(
    {
      jobName,
      ...passed,
      decision: MISSED.has(passed.reason) ? 'missed' : 'skipped',
      trigger: 'schedule',
      decidedAt: tx.stamp,
      group: null,
      executions: [],
    },
    nextTick,
  );
}

export function later<T extends bigint | number>(left: T, right: T): T {
  return right > left ? right : left;
}

export function laterOrNull(left: bigint | null, right: bigint | null): bigint | null {
  return left === null || right === null ? (left ?? right) : later(left, right);
}
