import type { JobName, RunTarget, StoredJob } from '@dkron/jobs';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';
import { clearHistory } from './history.ts';
import { unlinkChild } from './links.ts';

/** Takes away the job, its history, ledger, dues and link. What is running stays visible until it ends. */
export function removeJob(tx: Transaction, name: JobName, stored: StoredJob): void {
  for (const id of tx.duesOf(name)) {
    tx.removeDue(id);
  }
  clearHistory(tx, name);
  const meta = tx.meta(name);
  for (let sequence = meta.historyFirst; sequence < meta.historyNext; sequence++) {
    tx.setHistoryPlace(name, sequence, undefined);
  }
  for (let sequence = meta.ledgerFirst; sequence < meta.ledgerNext; sequence++) {
    tx.removeLedger(name, sequence);
  }
  orphanRuns(tx, name);
  tx.setJob(name, undefined);
  unlinkChild(tx, stored.definition.parentJob, name);
  tx.events.push({ type: 'job', name, change: 'delete' });
}

function orphanRuns(tx: Transaction, name: JobName): void {
  for (const { run } of tx.openRunRecords(name)) {
    for (const { executionId } of run.targets) {
      const record = tx.execution(executionId);
      if (record !== undefined && isOpen(record) && !record.detached) {
        tx.setExecution({ ...record, detached: true });
      }
    }
    // Nobody starts the attempt that was waited for any more.
    const targets = run.targets.map((target): RunTarget =>
      target.state === 'waiting' ? { ...target, state: 'failed' } : target,
    );
    if (targets.some(({ state }) => state === 'pending' || state === 'running')) {
      tx.setRun({ run: { ...run, targets }, orphan: true });
    } else {
      tx.removeRun(name, run.group);
      tx.events.push({ type: 'run', run: { ...run, targets, open: false } });
    }
  }
}
