import type { CommandResults, Execution, ExecutionUpdate } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { endAttempt } from './end-attempt.ts';
import { reviveLost } from './lost.ts';
import { tellStart } from './notices.ts';
import { confirmEnd } from './slot.ts';

type Finished = Extract<ExecutionUpdate, { readonly kind: 'finished' }>;

type Outcome = CommandResults['executionUpdates']['results'][number];

/** Counted once per attempt, however often it is reported. A report by its node ends what the attempt kept of a slot. */
export function finish(tx: Transaction, update: Finished): Outcome {
  const outcome = countOnce(tx, update);
  if (update.slotHoldMs === null) {
    confirmEnd(tx, update.id, update.attempt);
  }
  return outcome;
}

function countOnce(tx: Transaction, update: Finished): Outcome {
  const record = tx.execution(update.id);
  if (record === undefined || record.execution.attempt !== update.attempt) {
    return 'dropped';
  }
  if (isOpen(record)) {
    tellShortRun(tx, record.execution, update);
    endAttempt(tx, record, update);
    return 'applied';
  }
  const { state } = record.execution;
  if (state === update.state) {
    return 'known';
  }
  if (state !== 'lost' || !reviveLost(tx, record, update.startedAt)) {
    return 'dropped';
  }
  const revived = tx.execution(update.id);
  if (revived !== undefined) {
    if (record.execution.startedAt === ZERO_TIME && update.startedAt !== ZERO_TIME) tellStart(tx, revived.execution);
    endAttempt(tx, revived, update);
  }
  return 'applied';
}

/** Of a run that was over soon its node reports the end alone. */
function tellShortRun(tx: Transaction, execution: Execution, { startedAt }: Finished): void {
  if (execution.state !== 'pending' || startedAt === ZERO_TIME) return;
  tellStart(tx, { ...execution, state: 'running', startedAt });
}
