import type { Group, JobName, Run, Target, Trigger } from '@dkron/jobs';
import { newExecution } from '../new-execution.ts';
import type { Transaction } from '../transaction.ts';
import { appendExecution } from './history.ts';

export interface RunToStart {
  readonly jobName: JobName;
  readonly group: Group;
  readonly rootGroup: Group;
  readonly trigger: Trigger;
  readonly tick: bigint | null;
  readonly targets: readonly Target[];
}

/** Opens the run, which holds the job's slot from now on, and its pending executions. */
export function startRun(tx: Transaction, { jobName, group, rootGroup, trigger, tick, targets }: RunToStart): Run {
  const run: Run = {
    jobName,
    group,
    rootGroup,
    trigger,
    tick,
    decidedAt: tx.stamp,
    targets: targets.map(({ nodeName, executionId }) => ({ nodeName, executionId, attempt: 1, state: 'pending' })),
    open: true,
  };
  tx.sawStamp(group);
  tx.setRun({ run, orphan: false });
  for (const target of targets) {
    appendExecution(tx, newExecution(run, target, 1));
  }
  return run;
}
