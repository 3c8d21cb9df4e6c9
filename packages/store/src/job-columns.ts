import type { JobStatus, StoredJob } from '@dkron/jobs';

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
const STATUSES: readonly JobStatus[] = ['', 'success', 'failed', 'partially_failed'];

/** What lists sort and filter by, a few bytes per job, so that a list never decodes the jobs it does not show. */
export class JobColumns {
  #names: (string | undefined)[] = [];
  #displayNames: string[] = [];
  #schedules: string[] = [];
  #flags = new Uint8Array(64);
  #counts = new Float64Array(128);
  #times = new BigInt64Array(192);
  /** Orders made for a list, kept until a value they depend on changes. */
  readonly #orders = new Map<JobSort, { slots: number[]; fresh: boolean }>();
  readonly #interned = new Map<string, string>();

  nameOf(slot: number): string {
    return this.#names[slot] as string;
  }

  displayNameOf(slot: number): string {
    return this.#displayNames[slot] as string;
  }

  statusOf(slot: number): JobStatus {
    return STATUSES[(this.#flags[slot] as number) >> 1] as JobStatus;
  }

  disabledOf(slot: number): boolean {
    return ((this.#flags[slot] as number) & 1) === 1;
  }

  add(slot: number, name: string): void {
    this.#reserve(slot);
    this.#names[slot] = name;
    for (const order of this.#orders.values()) {
      order.slots.push(slot);
      order.fresh = false;
    }
  }

  remove(slot: number): void {
    this.#names[slot] = undefined;
    this.#displayNames[slot] = '';
    this.#schedules[slot] = '';
    this.#orders.clear();
  }

  set(slot: number, { definition, state }: StoredJob): void {
    this.#flags[slot] = (Math.max(0, STATUSES.indexOf(state.status)) << 1) | (definition.disabled ? 1 : 0);
    this.#text('displayname', this.#displayNames, slot, definition.displayName);
    this.#text('schedule', this.#schedules, slot, definition.schedule);
    this.#number('success_count', slot * 2, state.successCount);
    this.#number('error_count', slot * 2 + 1, state.errorCount);
    this.#time('last_success', slot * 3, state.lastSuccess ?? LATEST);
    this.#time('last_error', slot * 3 + 1, state.lastError ?? LATEST);
    this.#time('next', slot * 3 + 2, state.next);
  }

  clear(): void {
    this.#names = [];
    this.#displayNames = [];
    this.#schedules = [];
    this.#orders.clear();
  }

  /** Slots ascending by `sort`, then name. Sorting what is nearly sorted is cheap, so a stale order is mended, not made anew. */
  ordered(sort: JobSort): readonly number[] {
    let order = this.#orders.get(sort);
    if (order === undefined) {
      order = { slots: [], fresh: false };
      for (const [slot, name] of this.#names.entries()) {
        if (name !== undefined) {
          order.slots.push(slot);
        }
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
        return by((slot) => (this.#displayNames[slot] as string).toLowerCase());
      case 'schedule':
        return by((slot) => (this.#schedules[slot] as string).toLowerCase());
      case 'success_count':
        return by((slot) => this.#counts[slot * 2] as number);
      case 'error_count':
        return by((slot) => this.#counts[slot * 2 + 1] as number);
      case 'last_success':
        return by((slot) => this.#times[slot * 3] as bigint);
      case 'last_error':
        return by((slot) => this.#times[slot * 3 + 1] as bigint);
      case 'next':
        return by((slot) => this.#times[slot * 3 + 2] as bigint);
    }
  }

  #text(sort: JobSort, column: string[], slot: number, value: string): void {
    if (column[slot] !== value) {
      column[slot] = this.#intern(value);
      this.#stale(sort);
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

  #number(sort: JobSort, at: number, value: number): void {
    if (this.#counts[at] !== value) {
      this.#counts[at] = value;
      this.#stale(sort);
    }
  }

  #time(sort: JobSort, at: number, value: bigint): void {
    if (this.#times[at] !== value) {
      this.#times[at] = value;
      this.#stale(sort);
    }
  }

  #stale(sort: JobSort): void {
    const order = this.#orders.get(sort);
    if (order !== undefined) {
      order.fresh = false;
    }
  }

  #reserve(slot: number): void {
    if (slot < this.#flags.length) {
      return;
    }
    const size = Math.max(slot + 1, Math.ceil(this.#flags.length * 1.5));
    const { flags, counts, times } = {
      flags: new Uint8Array(size),
      counts: new Float64Array(size * 2),
      times: new BigInt64Array(size * 3),
    };
    flags.set(this.#flags);
    counts.set(this.#counts);
    times.set(this.#times);
    this.#flags = flags;
    this.#counts = counts;
    this.#times = times;
  }
}

const INTERNED_MAX = 4096;

function compare<T extends string | number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
