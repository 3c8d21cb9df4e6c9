import type { JobState, StoredJob } from '@dkron/jobs';
import type { State } from '../state.ts';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { closeRun } from './close-run.ts';
import { endAttempt } from './end-attempt.ts';
import { setTargetState } from './run-targets.ts';

/** The part of a job's state that says which ticks are still to come. */
export type ComingTicks = Pick<JobState, 'nextTick' | 'decidedUpTo'>;

/** What ran when the state was saved is over, or is not this state's: a node that still runs it may say so (`lost`). */
export function endOpenExecutions(tx: Transaction, state: State): void {
  for (const { execution } of state.openExecutions.values()) {
    const record = tx.execution(execution.id);
    if (record === undefined || !isOpen(record)) continue;
    endAttempt(tx, record, {
      state: 'lost',
      reason: 'restart',
      exitCode: null,
      startedAt: execution.startedAt,
      finishedAt: tx.stamp,
      output: null,
      slotHoldMs: null,
    });
  }
}

/** Nothing that an earlier result made due is done once more: no retry, no child, no processing. Open runs close. */
export function dropDues(tx: Transaction, state: State): void {
  for (const id of state.dues.keys()) tx.removeDue(id);
  for (const runs of state.openRuns.values()) {
    for (const { run } of runs.values()) closeWaiting(tx, run.jobName, run.group);
  }
}

/** Most of it was told since the state was saved. */
export function dropNotices(tx: Transaction, state: State): void {
  for (const { id } of state.notices.list()) tx.notices.remove(id);
}

function closeWaiting(tx: Transaction, name: string, group: bigint): void {
  for (const { executionId } of tx.run(name, group)?.run.targets ?? []) {
    const execution = tx.execution(executionId)?.execution;
    if (execution !== undefined) setTargetState(tx, execution, execution.state);
  }
  const record = tx.run(name, group);
  if (record === undefined) return;
  // An attempt that is no longer kept cannot say how it ended.
  const targets = record.run.targets.map((one) =>
    one.state === 'waiting' ? { ...one, state: 'failed' as const } : one,
  );
  const closed = { ...record, run: { ...record.run, targets, open: false } };
  tx.setRun(closed);
  if (record.orphan) tx.removeRun(name, group);
  else closeRun(tx, closed);
}

/** Gives a job the ticks that are still to come. Its definition, and so its version, stay. */
export function setComingTicks(tx: Transaction, { definition, state }: StoredJob, coming: ComingTicks): void {
  const { nextTick, decidedUpTo } = coming;
  tx.setJob(definition.name, { definition, state: { ...state, nextTick, decidedUpTo } });
}
