import type { Execution, Group, JobName, Run, Target, Trigger } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
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

/** A fresh record: nothing of an attempt before it is carried over. */
export function newExecution(run: Run, target: Target, attempt: number): Execution {
  return {
    id: target.executionId,
    stamp: target.stamp,
    jobName: run.jobName,
    group: run.group,
    nodeName: target.nodeName,
    attempt,
    state: 'pending',
    trigger: run.trigger,
    tick: run.tick,
    reason: null,
    exitCode: null,
    startedAt: ZERO_TIME,
    finishedAt: ZERO_TIME,
    cancelRequested: false,
  };
}
