import type { JobName } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { childrenOf } from './links.ts';
import { removeJob } from './remove-job.ts';

/**
 * An ephemeral job whose last run succeeded goes as soon as nothing of it is under way and no child is left; its parent
 * may then go too. Cycles are refused, so the walk ends at a root.
 */
export function deleteSettledEphemeral(tx: Transaction, name: JobName | ''): void {
  for (let current = name; current !== '';) {
    const job = tx.job(current);
    if (job === undefined || !job.definition.ephemeral || job.state.status !== 'success') {
      return;
    }
    if (childrenOf(tx, current).length > 0 || tx.openRuns(current).length > 0 || hasWork(tx, current)) {
      return;
    }
    removeJob(tx, current, job);
    current = job.definition.parentJob;
  }
}

/** A slot that is still kept means nothing once the job goes. */
function hasWork(tx: Transaction, name: JobName): boolean {
  return tx.duesOf(name).some((id) => tx.due(id)?.kind !== 'hold');
}
