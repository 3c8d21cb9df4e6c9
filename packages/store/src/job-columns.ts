import type { StoredJob } from '@dkron/jobs';
import { Paged } from '@dkron/runtime/collections';
import type { NameSlots } from '@dkron/runtime/collections';

/** What jobs can be sorted by: JSON names of the original. */
export type JobSort =
  | 'name'
  | 'displayname'
  | 'schedule'
  | 'success_count'
  | 'error_count'
  | 'last_success'
  | 'last_error'
  | 'next';

/** No time: after every other one. */
const LATEST = (1n << 63n) - 1n;
const EARLIEST = -LATEST - 1n;
const STATUSES: readonly string[] = ['', 'success', 'failed', 'partially_failed'];
const OTHER_STATUS = STATUSES.length;

/** What lists sort and filter by, a few bytes per job, so that a list never decodes the jobs it does not show. */
export class JobColumns {
  readonly #names: NameSlots;
  readonly #displayNames = new Paged<string>('', (cells) => Array.from<string>({ length: cells }));
  readonly #schedules = new Paged<string>('', (cells) => Array.from<string>({ length: cells }));
  /** What clients made up: a status that came with a create and stays until the first run. */
  readonly #otherStatuses = new Map<number, string>();
  readonly #flags = new Paged<number>(0, (cells) => new Uint8Array(cells));
  readonly #counts = { success_count: numbers(), error_count: numbers() };
  readonly #times = { last_success: times(), last_error: times(), next: times() };
  /** Orders made for a list, kept until a value they depend on changes. */
  readonly #orders = new Map<JobSort, { slots: number[]; fresh: boolean }>();
  readonly #interned = new Map<string, string>();

  /** @param names of the slots; must know a slot when it is added here */
  constructor(names: NameSlots) {
    this.#names = names;
  }

  nameOf(slot: number): string {
    return this.#names.nameOf(slot) as string;
  }

  displayNameOf(slot: number): string {
    return this.#displayNames.get(slot);
  }

  statusOf(slot: number): string {
    return STATUSES[this.#flags.get(slot) >> 1] ?? (this.#otherStatuses.get(slot) as string);
  }

  /** How many jobs have each status. */
  countByStatus(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [slot] of this.#names.entries()) {
      const status = this.statusOf(slot);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    return counts;
  }

  disabledOf(slot: number): boolean {
    return (this.#flags.get(slot) & 1) === 1;
  }

  add(slot: number): void {
    for (const order of this.#orders.values()) {
      order.slots.push(slot);
      order.fresh = false;
    }
  }

  remove(slot: number): void {
    this.#displayNames.set(slot, '');
    this.#schedules.set(slot, '');
    this.#otherStatuses.delete(slot);
    this.#orders.clear();
  }

  set(slot: number, { definition, state }: StoredJob): void {
    this.#flags.set(slot, (this.#statusCode(slot, state.status) << 1) | (definition.disabled ? 1 : 0));
    this.#put('displayname', this.#displayNames, slot, this.#intern(definition.displayName));
    this.#put('schedule', this.#schedules, slot, this.#intern(definition.schedule));
    this.#put('success_count', this.#counts.success_count, slot, state.successCount);
    this.#put('error_count', this.#counts.error_count, slot, state.errorCount);
    this.#put('last_success', this.#times.last_success, slot, clamped(state.lastSuccess ?? LATEST));
    this.#put('last_error', this.#times.last_error, slot, clamped(state.lastError ?? LATEST));
    this.#put('next', this.#times.next, slot, clamped(state.next));
  }

  #statusCode(slot: number, status: string): number {
    const code = STATUSES.indexOf(status);
    if (code >= 0) {
      this.#otherStatuses.delete(slot);
      return code;
    }
    this.#otherStatuses.set(slot, status);
    return OTHER_STATUS;
  }

  clear(): void {
    const { success_count, error_count } = this.#counts;
    const { last_success, last_error, next } = this.#times;
    const columns = [this.#displayNames, this.#schedules, this.#flags];
    for (const column of [...columns, success_count, error_count, last_success, last_error, next]) {
      column.clear();
    }
    this.#otherStatuses.clear();
    this.#orders.clear();
  }

  /** Slots ascending by `sort`, then name. Sorting what is nearly sorted is cheap, so a stale order is mended, not made anew. */
  ordered(sort: JobSort): readonly number[] {
    let order = this.#orders.get(sort);
    if (order === undefined) {
      order = { slots: [], fresh: false };
      for (const [slot] of this.#names.entries()) {
        order.slots.push(slot);
      }
      this.#orders.set(sort, order);
    }
    if (!order.fresh) {
      order.slots.sort(this.#comparison(sort));
      order.fresh = true;
    }
    return order.slots;
  }

  #comparison(sort: JobSort): (a: number, b: number) => number {
    const byName = (a: number, b: number): number => compare(this.nameOf(a), this.nameOf(b));
    const by = <T extends string | number | bigint>(value: (slot: number) => T) => {
      return (a: number, b: number): number => compare(value(a), value(b)) || byName(a, b);
    };
    switch (sort) {
      case 'name':
        return byName;
      case 'displayname':
        return by((slot) => this.#displayNames.get(slot).toLowerCase());
      case 'schedule':
        return by((slot) => this.#schedules.get(slot).toLowerCase());
      case 'success_count':
      case 'error_count': {
        const column = this.#counts[sort];
        return by((slot) => column.get(slot));
      }
      case 'last_success':
      case 'last_error':
      case 'next': {
        const column = this.#times[sort];
        return by((slot) => column.get(slot));
      }
    }
  }

  #put<T>(sort: JobSort, column: Paged<T>, slot: number, value: T): void {
    if (column.get(slot) !== value) {
      column.set(slot, value);
      const order = this.#orders.get(sort);
      if (order !== undefined) {
        order.fresh = false;
      }
    }
  }

  /** Thousands of jobs share a schedule; a bounded table of the commonest texts keeps one copy of each. */
  #intern(value: string): string {
    const known = this.#interned.get(value);
    if (known !== undefined) {
      return known;
    }
    if (this.#interned.size < INTERNED_MAX) {
      this.#interned.set(value, value);
    }
    return value;
  }
}

const INTERNED_MAX = 4096;

/** Times beyond 1677 … 2262, as the absent one of year 1, sort with the first and last of that range. */
function clamped(time: bigint): bigint {
  return time < EARLIEST ? EARLIEST : time > LATEST ? LATEST : time;
}

function numbers(): Paged<number> {
  return new Paged<number>(0, (cells) => new Float64Array(cells));
}

/** Most jobs of a large store have not failed, many never ran: their pages are not there. */
function times(): Paged<bigint> {
  return new Paged<bigint>(LATEST, (cells) => new BigInt64Array(cells));
}

function compare<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
