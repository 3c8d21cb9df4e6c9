import type { JobDefinition, StoredJob } from '@dkron/jobs';
import { NameSlots } from '@dkron/runtime/collections';
import { putU32, readU32 } from './bytes.ts';
import { CreatedJobs } from './created-jobs.ts';
import type { Codec } from './ports.ts';
import { JobColumns } from './job-columns.ts';
import { RecentJobs } from './recent-jobs.ts';
import type { KnownJob } from './recent-jobs.ts';
import { EMPTY_META, metaOf } from './records.ts';
import type { JobMeta, StateRecord } from './records.ts';
import { Slab } from './slab.ts';
import { SortedSlots } from './sorted-slots.ts';

export interface JobCodecs {
  readonly definition: Codec<JobDefinition>;
  readonly stateRecord: Codec<StateRecord>;
}

/** Encoded parts of a job. Without a definition the stored one stays. */
export interface JobBytes {
  readonly definition: Uint8Array | undefined;
  readonly state: Uint8Array;
}

const CHANGED_MAX = 16_384;
const SEEN_MAX = 1_536;
/** The turn in which a job is created looks at it; kept longer, thousands of them would die in V8's old space. */
const CREATED_MAX = 128;
/** Length of the definition, before it. */
const HEADER_BYTES = 4;

/**
 * All jobs in memory: encoded bytes in slabs (length of the definition, definition, state), decoded when asked for, with
 * indexes for lists.
 */
export class JobTable {
  readonly #codecs: JobCodecs;
  readonly #slab = new Slab();
  readonly #slots = new NameSlots();
  /** Something happened to them lately. */
  readonly #recent = new RecentJobs(CHANGED_MAX);
  /** Looked at lately: who looks often changes next. */
  readonly #seen = new RecentJobs(SEEN_MAX);
  readonly #created = new CreatedJobs(CREATED_MAX);
  #scratch = new Uint8Array(1024);
  /** In order of names. */
  readonly names: SortedSlots = new SortedSlots((slot) => this.#slots.nameOf(slot) as string);
  readonly columns: JobColumns = new JobColumns(this.#slots);

  constructor(codecs: JobCodecs) {
    this.#codecs = codecs;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): StoredJob | undefined {
    return this.known(name)?.job;
  }

  known(name: string): KnownJob | undefined {
    const recent = this.#recent.get(name) ?? this.#seen.get(name);
    const slot = recent === undefined ? this.#slots.find(name) : -1;
    if (slot === -1) {
      return recent;
    }
    const created = this.#created.get(slot);
    if (created !== undefined) {
      return created;
    }
    const bytes = this.#slab.get(slot);
    const stateAt = HEADER_BYTES + readU32(bytes, 0);
    const { state, meta } = this.#codecs.stateRecord.decode(bytes.subarray(stateAt));
    const definition = this.#codecs.definition.decode(bytes.subarray(HEADER_BYTES, stateAt));
    const known = { job: { definition, state }, meta };
    this.#seen.set(name, known);
    return known;
  }

  /** Where history and ledger of the job stand; as of a new one when there is no such job. */
  meta(name: string): JobMeta {
    const slot = this.#slots.find(name);
    if (slot === -1) {
      return EMPTY_META;
    }
    const bytes = this.#slab.get(slot);
    return metaOf(bytes.subarray(HEADER_BYTES + readU32(bytes, 0)));
  }

  has(name: string): boolean {
    return this.#slots.find(name) !== -1;
  }

  slotOf(name: string): number | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : slot;
  }

  set(name: string, bytes: JobBytes, known: KnownJob): void {
    let slot = this.#slots.find(name);
    const isNew = slot === -1;
    if (isNew) {
      slot = this.#slots.add(name);
      this.names.add(slot);
      this.columns.add(slot);
    }
    this.#slab.set(slot, this.#record(slot, bytes));
    this.columns.set(slot, known.job);
    if (isNew) {
      this.#created.set(slot, known);
      return;
    }
    this.#created.delete(slot);
    const [kept, other] = bytes.definition === undefined ? [this.#recent, this.#seen] : [this.#seen, this.#recent];
    other.delete(name);
    kept.set(name, known);
  }

  delete(name: string): void {
    const slot = this.#slots.find(name);
    if (slot !== -1) {
      this.#slab.delete(slot);
      this.#recent.delete(name);
      this.#seen.delete(name);
      this.#created.delete(slot);
      this.names.remove(slot);
      this.columns.remove(slot);
      this.#slots.remove(name);
    }
  }

  clear(): void {
    this.#slab.clear();
    this.#slots.clear();
    this.#recent.clear();
    this.#seen.clear();
    this.#created.clear();
    this.names.clear();
    this.columns.clear();
  }

  /** In a buffer of the table's own, used again for the next one. */
  #record(slot: number, { definition, state }: JobBytes): Uint8Array {
    const stored = definition === undefined ? this.#slab.get(slot) : undefined;
    const length = definition?.length ?? readU32(stored as Uint8Array, 0);
    const stateAt = HEADER_BYTES + length;
    const size = stateAt + state.length;
    if (this.#scratch.length < size) {
      this.#scratch = new Uint8Array(size * 2);
    }
    const record = this.#scratch.subarray(0, size);
    putU32(record, 0, length);
    record.set(definition ?? (stored as Uint8Array).subarray(HEADER_BYTES, stateAt), HEADER_BYTES);
    record.set(state, stateAt);
    return record;
  }
}
