import type { CommandResults, ExecutionUpdate } from '@dkron/jobs';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { endAttempt } from './end-attempt.ts';
import { reviveLost } from './lost.ts';

type Finished = Extract<ExecutionUpdate, { readonly kind: 'finished' }>;

/** Counted once per attempt, however often it is reported. */
export function finish(tx: Transaction, update: Finished): CommandResults['executionUpdates']['results'][number] {
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
