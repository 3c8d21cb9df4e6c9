import { wantsRetry } from '@dkron/jobs';
import type { EndReason, Execution, ExecutionOutput, SlotHold, StoredJob } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { ExecutionRecord } from '../records.ts';
import type { Transaction } from '../transaction.ts';
import { addRetry } from './add-retry.ts';
import { closeRun } from './close-run.ts';
import { countEnd } from './counters.ts';
import { countOutput, rejoinHistory, trimHistory } from './history.ts';
import { addNotices } from './notices.ts';
import { setTargetState } from './run-targets.ts';
import { holdSlot } from './slot.ts';
import { withVerdict } from './verdict.ts';

export interface End {
  readonly state: 'success' | 'failed' | 'lost' | 'cancelled';
  readonly reason: EndReason | null;
  readonly exitCode: number | null;
  readonly startedAt: bigint;
  readonly finishedAt: bigint;
  /** null = none was sent. */
  readonly output: ExecutionOutput | null;
  readonly slotHoldMs: SlotHold;
}

/** Everything that follows from the end of one attempt: record, output, counters, retry or close of the run. */
export function endAttempt(tx: Transaction, open: ExecutionRecord, end: End): void {
  const execution = ended(open.execution, end);
  const { jobName, group } = execution;
  const job = tx.run(jobName, group)?.orphan === true ? undefined : tx.job(jobName);
  if (job === undefined) {
    endWithoutJob(tx, open, execution);
    return;
  }
  const record = rejoinHistory(tx, open);
  const output = withVerdict(end.output, end.state, end.reason);
  storeEnded(tx, record, execution, output);
  countEnd(tx, job, execution, 1);
  const processing = record.detached ? 0n : addProcessing(tx, job, execution);
  const retry = wantsRetry(job.definition, execution.state, execution.attempt) && !execution.cancelRequested;
  if (!retry && tx.notify.length > 0) {
    tellEnd(tx, job, execution, { output, awaits: processing });
  }
  const run = setTargetState(tx, execution, retry ? 'waiting' : execution.state);
  const rootGroup = run?.run.rootGroup ?? group;
  const held = end.slotHoldMs !== null && job.definition.concurrency === 'forbid';
  if (held) {
    holdSlot(tx, execution, rootGroup, end.slotHoldMs);
  }
  if (retry && run !== undefined) {
    if (!held) {
      const { id: executionId, nodeName, attempt } = execution;
      addRetry(tx, { jobName, group, rootGroup, executionId, nodeName, attempt }, execution);
    }
  } else if (run?.run.open === false) {
    closeRun(tx, run);
    if (record.detached) {
      tx.removeRun(jobName, group);
    }
  }
}

/** Its job is gone: the run still ends, and the record vanishes. */
function endWithoutJob(tx: Transaction, record: ExecutionRecord, execution: Execution): void {
  tx.setExecution({ ...record, execution });
  const run = setTargetState(tx, execution, execution.state);
  tx.removeExecution(execution.id);
  if (run?.run.open === false) {
    tx.removeRun(execution.jobName, execution.group);
  }
}

function ended(execution: Execution, { state, reason, exitCode, startedAt, finishedAt }: End): Execution {
  return {
    ...execution,
    state,
    reason,
    exitCode,
    startedAt: startedAt === ZERO_TIME ? execution.startedAt : startedAt,
    finishedAt,
  };
}

/** Whoever is told what it printed must find that, kept in the history or not. */
function tellEnd(
  tx: Transaction,
  { definition }: StoredJob,
  execution: Execution,
  { output, awaits }: { readonly output: ExecutionOutput | null; readonly awaits: bigint },
): void {
  const { ownerEmail } = definition;
  const stored = tx.execution(execution.id);
  const outputBytes =
    stored === undefined && isSent(output) ? tx.setOutput(execution.id, output) : (stored?.outputBytes ?? 0);
  addNotices(tx, 'end', execution, { ownerEmail, awaits, outputBytes });
  if (!tx.notices.keepOutput(execution.id) && stored === undefined) tx.removeExecution(execution.id);
}

function isSent(output: ExecutionOutput | null): output is ExecutionOutput {
  return output !== null && output.totalBytes + output.head.length + output.tail.length > 0;
}

function storeEnded(
  tx: Transaction,
  record: ExecutionRecord,
  execution: Execution,
  output: ExecutionOutput | null,
): void {
  if (record.detached) {
    // Newer executions took its place in the history while it ran: it is told and counted, not kept.
    tx.setExecution({ ...record, execution });
    tx.removeExecution(execution.id);
    return;
  }
  const outputBytes = isSent(output) ? tx.setOutput(execution.id, output) : record.outputBytes;
  tx.setExecution({ ...record, execution, outputBytes });
  countOutput(tx, execution.jobName, record.outputBytes, outputBytes);
  trimHistory(tx, execution.jobName);
}

/** @returns the due record; 0 = there is nothing to do */
function addProcessing(tx: Transaction, { definition }: StoredJob, execution: Execution): bigint {
  if (Object.keys(definition.processors).length === 0) {
    return 0n;
  }
  const { jobName, group, id, nodeName, attempt } = execution;
  const rootGroup = tx.run(jobName, group)?.run.rootGroup ?? group;
  return tx.addDue({
    kind: 'process',
    jobName,
    group,
    rootGroup,
    executionId: id,
    nodeName,
    attempt,
    dueAt: tx.stamp,
    lengthMs: 0,
  });
}
