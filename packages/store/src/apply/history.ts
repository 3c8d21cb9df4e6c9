import type { Execution, JobName } from '@dkron/jobs';
import type { ExecutionRecord } from '../records.ts';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';

const NANOS_PER_MS = 1_000_000n;

/** Adds a new execution to its job's history and trims the oldest to the retention. */
export function appendExecution(tx: Transaction, execution: Execution): void {
  const { jobName, id, group } = execution;
  const meta = tx.meta(jobName);
  tx.setHistoryId(jobName, meta.historyNext, id);
  tx.setMeta(jobName, {
    ...meta,
    historyNext: meta.historyNext + 1,
    newestGroup: group > meta.newestGroup ? group : meta.newestGroup,
  });
  tx.sawStamp(execution.stamp);
  tx.setExecution({ execution, detached: false, outputBytes: 0 });
  trimHistory(tx, jobName);
}

/** Removes the oldest while there are too many, they are too old, or they hold too much output. */
export function trimHistory(tx: Transaction, name: JobName): void {
  const { executionsPerJob, outputBytesPerJob } = tx.retention;
  for (let meta = tx.meta(name); meta.historyFirst < meta.historyNext - 1; meta = tx.meta(name)) {
    const tooMany = meta.historyNext - meta.historyFirst > executionsPerJob;
    const tooLarge = outputBytesPerJob !== null && meta.outputBytes > outputBytesPerJob;
    if (!tooMany && !tooLarge && !oldestIsTooOld(tx, name, meta.historyFirst)) {
      return;
    }
    dropOldest(tx, name);
  }
}

/** Empties the history. What is still open goes on without a place in it, see {@link rejoinHistory}. */
export function clearHistory(tx: Transaction, name: JobName): void {
  const { historyFirst, historyNext } = tx.meta(name);
  for (let sequence = historyFirst; sequence < historyNext; sequence++) {
    const id = tx.historyId(name, sequence);
    const record = id === undefined ? undefined : tx.execution(id);
    if (id !== undefined && record !== undefined && isOpen(record)) {
      tx.setExecution({ ...record, detached: true });
    } else if (id !== undefined) {
      forget(tx, id);
    }
    tx.setHistoryId(name, sequence, undefined);
  }
  tx.setMeta(name, { ...tx.meta(name), historyFirst: historyNext, outputBytes: 0 });
}

/**
 * What lost its place in the history while it ran gets one again at its end, as the original stores it then, unless
 * newer executions need all places.
 */
export function rejoinHistory(tx: Transaction, record: ExecutionRecord): ExecutionRecord {
  const { jobName, id } = record.execution;
  const meta = tx.meta(jobName);
  if (!record.detached || meta.historyNext - meta.historyFirst >= tx.retention.executionsPerJob) {
    return record;
  }
  tx.setHistoryId(jobName, meta.historyNext, id);
  tx.setMeta(jobName, { ...meta, historyNext: meta.historyNext + 1 });
  return { ...record, detached: false };
}

function oldestIsTooOld(tx: Transaction, name: JobName, sequence: number): boolean {
  const { executionAgeMs } = tx.retention;
  const id = executionAgeMs === null ? undefined : tx.historyId(name, sequence);
  const record = id === undefined ? undefined : tx.execution(id);
  if (executionAgeMs === null || record === undefined || isOpen(record)) {
    return false;
  }
  return record.execution.stamp + BigInt(executionAgeMs) * NANOS_PER_MS < tx.stamp;
}

function dropOldest(tx: Transaction, name: JobName): void {
  const meta = tx.meta(name);
  const id = tx.historyId(name, meta.historyFirst);
  const record = id === undefined ? undefined : tx.execution(id);
  tx.setHistoryId(name, meta.historyFirst, undefined);
  tx.setMeta(name, {
    ...meta,
    historyFirst: meta.historyFirst + 1,
    outputBytes: meta.outputBytes - (record?.outputBytes ?? 0),
  });
  if (record !== undefined && isOpen(record)) {
    tx.setExecution({ ...record, detached: true });
  } else if (id !== undefined) {
    forget(tx, id);
  }
}

/** Removes an ended execution, and its run when that is closed too. */
export function forget(tx: Transaction, id: string): void {
  const record = tx.execution(id);
  tx.removeExecution(id);
  if (record !== undefined) {
    const { jobName, group } = record.execution;
    if (tx.run(jobName, group)?.run.open === false) {
      tx.removeRun(jobName, group);
    }
  }
}
