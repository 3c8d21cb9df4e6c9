import type { JobName, LedgerDecision, LedgerEntry, Trigger } from '@dkron/jobs';
import type { QueryModules } from './execution-query.ts';
import { ledgerKey } from './keys.ts';

/** Which entries of one job's ledger to list; what is absent restricts nothing. */
export interface LedgerQuery {
  readonly decision?: LedgerDecision;
  readonly reason?: LedgerEntry['reason'];
  readonly trigger?: Trigger;
  /** Borders on `tick`, inclusive. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Default `desc`: newest first. */
  readonly order?: 'asc' | 'desc';
  /** Positions `[start, end)` of the matches. Default 0 and 100. */
  readonly start?: number;
  readonly end?: number;
}

/** A slice of the entries that match; `total` counts them all. */
export interface LedgerPage {
  readonly total: number;
  readonly entries: readonly LedgerEntry[];
}

const END_DEFAULT = 100;

/** Looks at the job's own entries only, at most the retention's number of them. */
export function queryLedger(modules: QueryModules, name: JobName, query: LedgerQuery): LedgerPage {
  const { order = 'desc', start = 0, end = END_DEFAULT } = query;
  const { ledgerFirst, ledgerNext } = modules.jobs.meta(name);
  const found: LedgerEntry[] = [];
  for (let offset = 0; offset < ledgerNext - ledgerFirst; offset++) {
    const sequence = order === 'desc' ? ledgerNext - 1 - offset : ledgerFirst + offset;
    const entry = readEntry(modules, name, sequence);
    if (entry !== undefined && matches(entry, query)) {
      found.push(entry);
    }
  }
  return { total: found.length, entries: found.slice(Math.max(0, start), Math.max(0, end)) };
}

export function newestLedgerEntry(modules: QueryModules, name: JobName): LedgerEntry | undefined {
  const { ledgerFirst, ledgerNext } = modules.jobs.meta(name);
  return ledgerNext > ledgerFirst ? readEntry(modules, name, ledgerNext - 1) : undefined;
}

function readEntry({ kv, codecs }: QueryModules, name: JobName, sequence: number): LedgerEntry | undefined {
  const bytes = kv.getSync(ledgerKey(name, sequence));
  return bytes === undefined ? undefined : codecs.ledgerEntry.decode(bytes);
}

function matches(entry: LedgerEntry, { decision, reason, trigger, from, to }: LedgerQuery): boolean {
  return (
    (decision === undefined || entry.decision === decision) &&
    (reason === undefined || entry.reason === reason) &&
    (trigger === undefined || entry.trigger === trigger) &&
    (from === undefined || entry.tick >= from) &&
    (to === undefined || entry.tick <= to)
  );
}
