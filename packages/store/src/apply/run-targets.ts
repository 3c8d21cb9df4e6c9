import type { Execution, RunTarget } from '@dkron/jobs';
import type { RunRecord } from '../records.ts';
import type { Transaction } from '../transaction.ts';

/** The run in which this attempt is its node's latest; undefined when a newer attempt took its place, or the run is gone. */
export function runOf(tx: Transaction, { id, jobName, group }: Execution): RunRecord | undefined {
  const record = tx.run(jobName, group);
  return record?.run.targets.some(({ executionId }) => executionId === id) === true ? record : undefined;
}

/** Sets what the run knows of this attempt; the run is open while any target has work ahead. */
export function setTargetState(
  tx: Transaction,
  execution: Execution,
  state: RunTarget['state'],
): RunRecord | undefined {
  const record = runOf(tx, execution);
  if (record === undefined) {
    return undefined;
  }
  const targets = record.run.targets.map((target) =>
    target.executionId === execution.id ? { ...target, state } : target,
  );
  const open = targets.some((target) => OPEN_STATES.has(target.state));
  const next: RunRecord = { ...record, run: { ...record.run, targets, open } };
  tx.setRun(next);
  return next;
}

const OPEN_STATES: ReadonlySet<RunTarget['state']> = new Set(['pending', 'running', 'waiting']);
