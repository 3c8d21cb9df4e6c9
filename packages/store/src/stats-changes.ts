import type { Journal } from './journal.ts';
import { statsKey } from './keys.ts';
import { statsCodec } from './records.ts';
import type { DayStats } from './records.ts';
import type { State } from './state.ts';

type Totals = Omit<DayStats, 'date'>;

/** Totals of days as a transaction sees them. Each is written once per entry; only so many days are kept. */
export class StatsChanges {
  readonly #state: State;
  readonly #keep: number;
  readonly #readStored: (date: string) => Totals | undefined;
  /** undefined = removed. */
  readonly #totals = new Map<string, Totals | undefined>();
  readonly #dirty = new Set<string>();
  /** With the changes of this batch; made when the first day is added or removed. */
  #days: Set<string> | undefined;

  constructor(state: State, keep: number, readStored: (date: string) => Totals | undefined) {
    this.#state = state;
    this.#keep = keep;
    this.#readStored = readStored;
  }

  /** A day that is not kept takes nothing back. */
  add(date: string, success: number, failed: number): void {
    const before = this.#get(date);
    if (before === undefined && (success < 0 || failed < 0)) {
      return;
    }
    this.#set(date, {
      successCount: (before?.successCount ?? 0) + success,
      failedCount: (before?.failedCount ?? 0) + failed,
    });
    if (before === undefined) {
      this.#addDay(date);
    }
  }

  /** Writes what changed since the last flush. */
  flush(journal: Journal): void {
    for (const date of this.#dirty) {
      const totals = this.#totals.get(date);
      if (totals === undefined) {
        journal.delete(statsKey(date));
      } else {
        journal.put(statsKey(date), statsCodec.encode(totals));
      }
    }
    this.#dirty.clear();
  }

  commit(): void {
    this.#state.statsDays = this.#days ?? this.#state.statsDays;
  }

  #get(date: string): Totals | undefined {
    if (this.#totals.has(date)) {
      return this.#totals.get(date);
    }
    return this.#state.statsDays.has(date) ? this.#readStored(date) : undefined;
  }

  #set(date: string, totals: Totals | undefined): void {
    this.#totals.set(date, totals);
    this.#dirty.add(date);
  }

  #addDay(date: string): void {
    this.#days ??= new Set(this.#state.statsDays);
    this.#days.add(date);
    while (this.#days.size > this.#keep) {
      const oldest = [...this.#days].reduce((a, b) => (b < a ? b : a));
      this.#days.delete(oldest);
      this.#set(oldest, undefined);
    }
  }
}
