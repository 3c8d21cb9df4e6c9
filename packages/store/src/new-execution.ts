import type { Execution, Run, Target } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { stampOfId } from './keys.ts';
import type { ExecutionRecord } from './records.ts';

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

/**
 * An attempt that waits to be sent says nothing that its run does not: it is stored from its first change on, which
 * saves a record per decision.
 */
export function isToldByRun({ execution, detached, outputBytes }: ExecutionRecord): boolean {
  const { state, cancelRequested, id, stamp } = execution;
  return state === 'pending' && !cancelRequested && !detached && outputBytes === 0 && stampOfId(id) === stamp;
}

/** The attempts of an open run that wait to be sent, as the run tells them. */
export function pendingOf(run: Run): Execution[] {
  return run.targets.flatMap(({ executionId, nodeName, attempt, state }) => {
    const stamp = state === 'pending' ? stampOfId(executionId) : undefined;
    return stamp === undefined ? [] : newExecution(run, { executionId, nodeName, stamp }, attempt);
  });
}
