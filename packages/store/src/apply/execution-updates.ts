import type { CommandResults, ExecutionUpdate, ExecutionUpdates } from '@dkron/jobs';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { endAttempt } from './end-attempt.ts';
import { deleteSettledEphemeral } from './ephemeral.ts';
import { finish } from './finish.ts';
import { reviveLost } from './lost.ts';
import { released } from './slot.ts';
import { setTargetState } from './run-targets.ts';

type Outcome = CommandResults['executionUpdates']['results'][number];
type Update<K extends ExecutionUpdate['kind']> = Extract<ExecutionUpdate, { readonly kind: K }>;

export function applyExecutionUpdates(
  tx: Transaction,
  { updates }: ExecutionUpdates,
): CommandResults['executionUpdates'] {
  return { results: updates.map((update) => applyUpdate(tx, update)) };
}

function applyUpdate(tx: Transaction, update: ExecutionUpdate): Outcome {
  switch (update.kind) {
    case 'started':
      return started(tx, update);
    case 'finished':
      return finish(tx, update);
    case 'cancelRequested':
      return cancelRequested(tx, update);
    case 'processed':
      return processed(tx, update);
    case 'released':
      return released(tx, update);
  }
}

function started(tx: Transaction, { id, attempt, at }: Update<'started'>): Outcome {
  const record = tx.execution(id);
  if (record === undefined || record.execution.attempt !== attempt) {
    return 'dropped';
  }
  const { state } = record.execution;
  if (state === 'running') {
    return 'known';
  }
  if (state === 'lost') {
    return reviveLost(tx, record, at) ? 'applied' : 'dropped';
  }
  if (state !== 'pending') {
    return 'dropped';
  }
  tx.setExecution({ ...record, execution: { ...record.execution, state: 'running', startedAt: at } });
  setTargetState(tx, record.execution, 'running');
  return 'applied';
}

function cancelRequested(tx: Transaction, { id, at, slotHoldMs }: Update<'cancelRequested'>): Outcome {
  const record = tx.execution(id);
  if (record === undefined) {
    return 'dropped';
  }
  const { execution } = record;
  if (!isOpen(record) || (execution.state === 'running' && execution.cancelRequested)) {
    return 'known';
  }
  const asked = { ...record, execution: { ...execution, cancelRequested: true } };
  if (execution.state === 'running') {
    tx.setExecution(asked);
  } else {
    endAttempt(tx, asked, {
      state: 'cancelled',
      reason: 'cancelled',
      exitCode: null,
      finishedAt: at,
      startedAt: execution.startedAt,
      output: null,
      slotHoldMs,
    });
  }
  return 'applied';
}

function processed(tx: Transaction, { id, dueId, output }: Update<'processed'>): Outcome {
  const due = tx.due(dueId);
  if (due === undefined || due.kind !== 'process' || due.executionId !== id) {
    return 'known';
  }
  tx.removeDue(dueId);
  const record = tx.execution(id);
  if (record !== undefined && output !== null) {
    const outputBytes = tx.setOutput(id, { head: output, tail: output, totalBytes: output.length });
    tx.setExecution({ ...record, outputBytes });
    const meta = tx.meta(due.jobName);
    tx.setMeta(due.jobName, { ...meta, outputBytes: meta.outputBytes + outputBytes - record.outputBytes });
  }
  deleteSettledEphemeral(tx, due.jobName);
  return 'applied';
}
