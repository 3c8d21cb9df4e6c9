import type { CommandResults, DeleteJob } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { deleteSettledEphemeral } from './ephemeral.ts';
import { checkPrecondition, notFound, refuse } from './refuse.ts';
import { removeJob } from './remove-job.ts';

export function applyDeleteJob(tx: Transaction, { name, precondition }: DeleteJob): CommandResults['deleteJob'] {
  const stored = tx.job(name);
  if (stored === undefined) {
    return notFound(name);
  }
  const refusal = checkPrecondition(name, stored, precondition);
  if (refusal !== undefined) {
    return refusal;
  }
  const { dependentJobs } = stored.state;
  if (dependentJobs.length > 0) {
    return refuse('has_children', `job "${name}" has dependent jobs: ${dependentJobs.slice(0, 10).join(', ')}`);
  }
  removeJob(tx, name, stored);
  deleteSettledEphemeral(tx, stored.definition.parentJob);
  return { job: stored };
}
