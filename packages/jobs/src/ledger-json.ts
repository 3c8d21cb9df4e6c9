import { ordered, writeGoJson, type GoObject, type WriteOptions } from './go-json.ts';
import { timeText } from './go-time.ts';
import type { LedgerEntry } from './ledger.ts';

/** A ledger entry as a value; `group` and `executions` only where something ran or was released. */
export function ledgerEntryValue(entry: LedgerEntry): GoObject {
  return ordered(
    ['job_name', entry.jobName],
    ['tick', timeText(entry.tick)],
    ['last_tick', timeText(entry.lastTick)],
    ['count', entry.count],
    ['decision', entry.decision],
    ['reason', entry.reason],
    ['trigger', entry.trigger],
    ['decided_at', timeText(entry.decidedAt)],
    ...(isOfRun(entry) && entry.group !== null ? [['group', entry.group] as const] : []),
    ...(isOfRun(entry) ? [['executions', entry.executions] as const] : []),
  );
}

/** The text of {@link ledgerEntryValue}. */
export function ledgerEntryToJson(entry: LedgerEntry, options: WriteOptions = {}): string {
  return writeGoJson(ledgerEntryValue(entry), options);
}

function isOfRun({ decision }: LedgerEntry): boolean {
  return decision === 'run' || decision === 'released';
}
