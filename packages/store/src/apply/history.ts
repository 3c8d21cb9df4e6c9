import type { Execution, JobName } from '@dkron/jobs';
import type { ExecutionRecord, HistoryPlace } from '../records.ts';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';

const NANOS_PER_MS = 1_000_000n;

/** Adds a new execution to its job's history and trims the oldest to the retention. */
export function appendExecution(tx: Transaction, execution: Execution): void {
  const { jobName, id, group } = execution;
  const meta = tx.meta(jobName);
  tx.setHistoryPlace(jobName, meta.historyNext, { id, group });
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
    leaveHistory(tx, name, sequence, tx.historyPlace(name, sequence));
  }
  tx.setMeta(name, { ...tx.meta(name), historyFirst: historyNext, outputBytes: 0 });
}

/**
 * What lost its place in the history while it ran gets one again at its end, as the original stores it then, unless
 * newer executions need all places.
 */
export function rejoinHistory(tx: Transaction, record: ExecutionRecord): ExecutionRecord {
  const { jobName, id, group } = record.execution;
  const meta = tx.meta(jobName);
  if (!record.detached || meta.historyNext - meta.historyFirst >= tx.retention.executionsPerJob) {
    return record;
  }
  tx.setHistoryPlace(jobName, meta.historyNext, { id, group });
  tx.setMeta(jobName, { ...meta, historyNext: meta.historyNext + 1 });
  return { ...record, detached: false };
}

function oldestIsTooOld(tx: Transaction, name: JobName, sequence: number): boolean {
  const { executionAgeMs } = tx.retention;
  const id = executionAgeMs === null ? undefined : tx.historyPlace(name, sequence)?.id;
  const record = id === undefined ? undefined : tx.execution(id);
  if (executionAgeMs === null || record === undefined || isOpen(record)) {
    return false;
  }
  return record.execution.stamp + BigInt(executionAgeMs) * NANOS_PER_MS < tx.stamp;
}

/** What one of its executions keeps of its output changed. */
export function countOutput(tx: Transaction, name: JobName, before: number, after: number): void {
  const meta = tx.meta(name);
  const outputBytes = isOutputLimited(tx) ? Math.max(0, meta.outputBytes + after - before) : after > 0 ? 1 : undefined;
  if (outputBytes !== undefined && outputBytes !== meta.outputBytes) tx.setMeta(name, { ...meta, outputBytes });
}

/** Only then bytes are counted: an execution that leaves has to be read for that. */
function isOutputLimited(tx: Transaction): boolean {
  return tx.retention.outputBytesPerJob !== null;
}

function dropOldest(tx: Transaction, name: JobName): void {
  const meta = tx.meta(name);
  const place = tx.historyPlace(name, meta.historyFirst);
  const counted = place !== undefined && isOutputLimited(tx) ? tx.execution(place.id) : undefined;
  leaveHistory(tx, name, meta.historyFirst, place);
  tx.setMeta(name, {
    ...meta,
    historyFirst: meta.historyFirst + 1,
    outputBytes: Math.max(0, meta.outputBytes - (counted?.outputBytes ?? 0)),
  });
}

/** What ended goes, and its run when that is closed too; neither is read. */
function leaveHistory(tx: Transaction, name: JobName, sequence: number, place: HistoryPlace | undefined): void {
  tx.setHistoryPlace(name, sequence, undefined);
  if (place === undefined) {
    return;
  }
  const open = tx.openExecution(place.id);
  if (open !== undefined) {
    tx.setExecution({ ...open, detached: true });
  } else {
    tx.removeExecution(place.id, tx.meta(name).outputBytes > 0 || isOutputLimited(tx));
    tx.removeClosedRun(name, place.group);
  }
}
