import type { CommandResults, ExecutionUpdate } from '@dkron/jobs';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { endAttempt } from './end-attempt.ts';
import { reviveLost } from './lost.ts';
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
    endAttempt(tx, revived, update);
  }
  return 'applied';
}
