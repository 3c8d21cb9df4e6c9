import { jobStatusOf } from '@dkron/jobs';
import type { RunRecord } from '../records.ts';
import type { Transaction } from '../transaction.ts';
import { deleteSettledEphemeral } from './ephemeral.ts';
import { childrenOf } from './links.ts';

/** The last node has ended: the run now says what the job's status is, and success makes the children due. */
export function closeRun(tx: Transaction, { run }: RunRecord): void {
  const { jobName, group, rootGroup } = run;
  const job = tx.job(jobName);
  if (job === undefined) {
    return;
  }
  const status = jobStatusOf(run);
  if (status !== '' && status !== job.state.status) {
    tx.setJob(jobName, { ...job, state: { ...job.state, status } });
    tx.events.push({ type: 'job', name: jobName, change: 'counters' });
  }
  if (status === 'success') {
    for (const child of childrenOf(tx, jobName)) {
      tx.addDue({
        kind: 'child',
        jobName: child,
        group,
        rootGroup,
        executionId: '',
        nodeName: '',
        attempt: 0,
        dueAt: tx.stamp,
        lengthMs: 0,
      });
    }
    deleteSettledEphemeral(tx, jobName);
  }
}
