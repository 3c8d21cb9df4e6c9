import type { CommandResults, Execution, ExecutionUpdate, ExecutionUpdates } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { endAttempt } from './end-attempt.ts';
import { deleteSettledEphemeral } from './ephemeral.ts';
import { finish } from './finish.ts';
import { countOutput } from './history.ts';
import { reviveLost } from './lost.ts';
import { tellStart } from './notices.ts';
import { released } from './slot.ts';
import { setTargetState } from './run-targets.ts';

const NOBODY: NonNullable<ExecutionUpdates['notify']> = [];

type Outcome = CommandResults['executionUpdates']['results'][number];
type Update<K extends ExecutionUpdate['kind']> = Extract<ExecutionUpdate, { readonly kind: K }>;

export function applyExecutionUpdates(
  tx: Transaction,
  { updates, notify = NOBODY }: ExecutionUpdates,
): CommandResults['executionUpdates'] {
  tx.notify = notify;
  const results = updates.map((update) => applyUpdate(tx, update));
  tx.notify = NOBODY;
  return { results };
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
    if (!reviveLost(tx, record, at)) return 'dropped';
    const revived = record.execution.startedAt === ZERO_TIME ? tx.execution(id) : undefined;
    if (revived !== undefined) tellStart(tx, revived.execution);
    return 'applied';
  }
  if (state !== 'pending') {
    return 'dropped';
  }
  const execution: Execution = { ...record.execution, state: 'running', startedAt: at };
  tx.setExecution({ ...record, execution });
  setTargetState(tx, record.execution, 'running');
  tellStart(tx, execution);
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
    countOutput(tx, due.jobName, record.outputBytes, outputBytes);
  }
  deleteSettledEphemeral(tx, due.jobName);
  return 'applied';
}
