import type { Execution, StoredJob } from '@dkron/jobs';
import { isOpen } from '../state.ts';
import type { Transaction } from '../transaction.ts';

/** Counts an ended attempt for its job and for the UTC day it ended on; −1 takes a provisional failure back. */
export function countEnd(tx: Transaction, { definition, state }: StoredJob, execution: Execution, by: 1 | -1): void {
  const { jobName, finishedAt } = execution;
  const success = execution.state === 'success';
  tx.setJob(jobName, {
    definition,
    state: success
      ? { ...state, successCount: state.successCount + by, lastSuccess: finishedAt }
      : {
          ...state,
          errorCount: Math.max(0, state.errorCount + by),
          lastError: by === 1 ? finishedAt : lastErrorWithout(tx, state.lastError, execution),
        },
  });
  tx.addStats(utcDay(finishedAt), success ? by : 0, success ? 0 : by);
  tx.events.push({ type: 'job', name: jobName, change: 'counters' });
}

const DAY_MS = 86_400_000;
/** The day asked for last: most ask for today. */
let latest = { fromMs: 0, text: '1970-01-01' };

/** `YYYY-MM-DD` in UTC, by the civil calendar; any nanosecond count that fits 64 bits. */
export function utcDay(nanos: bigint): string {
  const ms = Number(nanos / 1_000_000n);
  if (ms < latest.fromMs || ms >= latest.fromMs + DAY_MS) {
    latest = { fromMs: Math.floor(ms / DAY_MS) * DAY_MS, text: new Date(ms).toISOString().slice(0, 10) };
  }
  return latest.text;
}

/** The newest other failure still in the history. */
function lastErrorWithout(
  tx: Transaction,
  lastError: bigint | null,
  { id, jobName, finishedAt }: Execution,
): bigint | null {
  if (lastError !== finishedAt) {
    return lastError;
  }
  const { historyFirst, historyNext } = tx.meta(jobName);
  let newest: bigint | null = null;
  for (let sequence = historyFirst; sequence < historyNext; sequence++) {
    const other = tx.historyPlace(jobName, sequence)?.id;
    const record = other === undefined || other === id ? undefined : tx.execution(other);
    if (record !== undefined && !isOpen(record) && record.execution.state !== 'success') {
      const at = record.execution.finishedAt;
      newest = newest === null || at > newest ? at : newest;
    }
  }
  return newest;
}
