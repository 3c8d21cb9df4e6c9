import type { CommandResults, DeleteExecutions, StoredJob } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { clearHistory } from './history.ts';
import { notFound } from './refuse.ts';

/** Forgets the executions of exactly this job and its counters; what is open is listed again at its end. Status and `next` stay. */
export function applyDeleteExecutions(tx: Transaction, { name }: DeleteExecutions): CommandResults['deleteExecutions'] {
  const job = tx.job(name);
  if (job === undefined) {
    return notFound(name);
  }
  for (const id of tx.duesOf(name)) {
    if (tx.due(id)?.kind === 'process') {
      tx.removeDue(id);
    }
  }
  clearHistory(tx, name);
  tx.setJob(name, {
    ...job,
    state: { ...job.state, successCount: 0, errorCount: 0, lastSuccess: null, lastError: null },
  });
  tx.events.push({ type: 'job', name, change: 'counters' });
  return { job: tx.job(name) as StoredJob };
}
