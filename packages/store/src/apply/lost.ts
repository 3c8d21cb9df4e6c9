import { ZERO_TIME } from '@dkron/runtime';
import type { ExecutionRecord } from '../records.ts';
import type { Transaction } from '../transaction.ts';
import { countEnd } from './counters.ts';
import { untellEnd } from './notices.ts';
import { runOf, setTargetState } from './run-targets.ts';

/**
 * Takes the provisional verdict back: failure uncounted, the retry that waited dropped, the attempt running again.
 * Only while nothing newer was decided: no newer attempt on that node, no newer run of the job.
 *
 * @param startedAt ZERO_TIME = as known before
 * @returns whether it was taken back
 */
export function reviveLost(tx: Transaction, record: ExecutionRecord, startedAt: bigint): boolean {
  const { execution } = record;
  const { jobName, group, id } = execution;
  const job = record.detached ? undefined : tx.job(jobName);
  if (job === undefined || runOf(tx, execution) === undefined || tx.meta(jobName).newestGroup > group) {
    return false;
  }
  for (const dueId of tx.duesOf(jobName)) {
    const due = tx.due(dueId);
    if (due?.executionId === id) {
      tx.removeDue(dueId);
    }
  }
  untellEnd(tx, execution);
  countEnd(tx, job, execution, -1);
  tx.setExecution({
    ...record,
    execution: {
      ...execution,
      state: 'running',
      reason: null,
      exitCode: null,
      startedAt: startedAt === ZERO_TIME ? execution.startedAt : startedAt,
      finishedAt: ZERO_TIME,
    },
  });
  setTargetState(tx, execution, 'running');
  return true;
}
