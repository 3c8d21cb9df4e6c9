import { assert } from '@dkron/runtime';
import type { Entry } from '../core/types.ts';
import { summarizeEntries } from './entry-batch.ts';
import { StorageError } from './errors.ts';
import { checkRange, LogShape } from './log-shape.ts';
import type { BatchShape } from './log-shape.ts';
import type { Boundary, LogBatch, LogLane, LogSpace, LogState, LogStorage, ResetOptions } from './ports.ts';

/** What a restart finds: hand it to the next `MemoryLog`. Empty to begin with. */
export interface MemoryLogMedium {
  state?: LogState;
  /** Entries from the first index on. */
  entries?: readonly Entry[];
}

/** The twin of the write-ahead log for tests and for groups that need no durability. Keeps entries as they are given. */
export class MemoryLog implements LogStorage {
  readonly #medium: MemoryLogMedium;
  #shape = new LogShape();
  #entries: Entry[] = [];
  #phase: 'new' | 'open' | 'closed' = 'new';

  constructor(medium: MemoryLogMedium = {}) {
    this.#medium = medium;
  }

  async open(): Promise<LogState> {
    assert(this.#phase === 'new', 'open is called once');
    this.#shape = new LogShape(this.#medium.state);
    this.#entries = [...(this.#medium.entries ?? [])];
    this.#phase = 'open';
    return this.#shape.state;
  }

  async append(batch: LogBatch, _sync: boolean): Promise<void> {
    this.#check();
    const { entries = [], truncateFrom, hardState, commit, confs } = batch;
    const summary = entries.length === 0 ? undefined : summarizeEntries(entries);
    const shape: BatchShape = { truncateFrom, entries: summary, hardState, commit, confs };
    const { firstIndex } = this.#shape.state;
    this.#shape.append(shape);
    if (truncateFrom !== undefined) this.#entries.length = Math.min(this.#entries.length, truncateFrom - firstIndex);
    for (const entry of entries) this.#entries.push(entry);
    this.#save();
  }

  async read(lo: number, hi: number, maxBytes: number): Promise<Entry[] | 'compacted'> {
    this.#check();
    const { firstIndex } = this.#shape.state;
    checkRange(lo, hi, this.#shape.state);
    if (lo < firstIndex) return 'compacted';
    return limited(this.#entries.slice(lo - firstIndex, hi - firstIndex), maxBytes);
  }

  async compact(toIndex: number): Promise<void> {
    this.#check();
    const { firstIndex } = this.#shape.state;
    if (!this.#shape.compact(toIndex)) return;
    this.#entries.splice(0, toIndex + 1 - firstIndex);
    this.#save();
  }

  async reset(boundary: Boundary, options: ResetOptions = {}): Promise<void> {
    this.#check();
    this.#shape.reset({ boundary, ...options });
    this.#entries = [];
    this.#save();
  }

  state(): LogState {
    return this.#shape.state;
  }

  async space(): Promise<LogSpace> {
    return { level: 'ok', reservedBytes: Infinity, freeBytes: Infinity };
  }

  lane(): LogLane {
    return { queued: 0, queuedBytes: 0 };
  }

  async resume(): Promise<void> {
    this.#check();
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
  }

  /** The medium sees every change at once: what is in memory counts as durable. */
  #save(): void {
    this.#medium.state = this.#shape.state;
    this.#medium.entries = this.#entries;
  }

  #check(): void {
    if (this.#phase !== 'open')
      throw new StorageError('log_closed', `the log is ${this.#phase}`, { phase: this.#phase });
  }
}

/** The first entry and as many more as `maxBytes` of data allow. */
export function limited(entries: Entry[], maxBytes: number): Entry[] {
  let left = maxBytes - (entries[0]?.data.byteLength ?? 0);
  let count = Math.min(1, entries.length);
  while (count < entries.length && entries[count]!.data.byteLength <= left) {
    left -= entries[count]!.data.byteLength;
    count += 1;
  }
  return count === entries.length ? entries : entries.slice(0, count);
}
