import type { FinishedReport } from '@dkron/jobs';
import type { LoggedRecord } from './log.ts';
import type { AttemptRef, JournalRecord, StartInfo } from './record.ts';

/** An attempt that the journal knows from before this process. */
export interface RecoveredAttempt {
  readonly ref: AttemptRef;
  readonly start: StartInfo | null;
  /** Null: the attempt ended with the boot that ran it. */
  readonly report: FinishedReport | null;
}

interface Row extends RecoveredAttempt {
  readonly bytes: number;
}

/** One text per (id, attempt). */
export function attemptKey(id: string, attempt: number): string {
  return `${attempt}:${id}`;
}

/** What the records of a journal amount to. */
export class AttemptTable {
  readonly #rows = new Map<string, Row>();
  #term: { readonly clusterId: string; readonly maxTerm: bigint; readonly bytes: number } | null = null;
  #liveBytes = 0;

  static from(records: readonly LoggedRecord[]): AttemptTable {
    const table = new AttemptTable();
    for (const { record, bytes } of records) table.apply(record, bytes);
    return table;
  }

  get clusterId(): string {
    return this.#term?.clusterId ?? '';
  }

  get maxTerm(): bigint {
    return this.#term?.maxTerm ?? 0n;
  }

  /** Bytes of records that a rewrite would keep. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  apply(record: JournalRecord, bytes: number): void {
    if (record.type === 'term') {
      this.#liveBytes += bytes - (this.#term?.bytes ?? 0);
      this.#term = { clusterId: record.clusterId, maxTerm: record.maxTerm, bytes };
      return;
    }
    const key = attemptKey(record.ref.id, record.ref.attempt);
    const row = this.#rows.get(key);
    if (record.type === 'accept') this.#put(key, { ref: record.ref, start: null, report: null, bytes });
    else if (record.type === 'done') this.#put(key, null);
    else if (!row) return;
    else if (record.type === 'start') this.#put(key, { ...row, start: record.start, bytes: row.bytes + bytes });
    else this.#put(key, { ...row, report: record.report, bytes: row.bytes + bytes });
  }

  recovered(): readonly RecoveredAttempt[] {
    return [...this.#rows.values()].map(({ ref, start, report }) => ({ ref, start, report }));
  }

  /** The shortest list of records that gives this table. */
  records(): readonly JournalRecord[] {
    const records: JournalRecord[] = [];
    if (this.#term) records.push({ type: 'term', clusterId: this.clusterId, maxTerm: this.maxTerm });
    for (const { ref, start, report } of this.#rows.values()) {
      records.push({ type: 'accept', ref });
      if (start) records.push({ type: 'start', ref, start });
      if (report) records.push({ type: 'finish', ref, report });
    }
    return records;
  }

  #put(key: string, row: Row | null): void {
    this.#liveBytes += (row?.bytes ?? 0) - (this.#rows.get(key)?.bytes ?? 0);
    if (row) this.#rows.set(key, row);
    else this.#rows.delete(key);
  }
}
