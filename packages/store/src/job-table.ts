import type { StoredJob } from '@dkron/jobs';
import { NameSlots } from '@dkron/runtime/collections';
import type { Codec } from './ports.ts';
import { JobColumns } from './job-columns.ts';
import { Slab } from './slab.ts';
import { SortedSlots } from './sorted-slots.ts';

/** All jobs in memory: encoded bytes in slabs, decoded when asked for, with indexes for lists. */
export class JobTable {
  readonly #codec: Codec<StoredJob>;
  readonly #slab = new Slab();
  readonly #slots = new NameSlots();
  /** In order of names. */
  readonly names: SortedSlots = new SortedSlots((slot) => this.#slots.nameOf(slot) as string);
  readonly columns: JobColumns = new JobColumns(this.#slots);

  constructor(codec: Codec<StoredJob>) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): StoredJob | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : this.#codec.decode(this.#slab.get(slot));
  }

  /** A copy of the stored bytes. */
  getBytes(name: string): Uint8Array | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : this.#slab.get(slot).slice();
  }

  has(name: string): boolean {
    return this.#slots.find(name) !== -1;
  }

  slotOf(name: string): number | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : slot;
  }

  set(name: string, bytes: Uint8Array, job: StoredJob): void {
    let slot = this.#slots.find(name);
    if (slot === -1) {
      slot = this.#slots.add(name);
      this.names.add(slot);
      this.columns.add(slot);
    }
    this.#slab.set(slot, bytes);
    this.columns.set(slot, job);
  }

  delete(name: string): void {
    const slot = this.#slots.find(name);
    if (slot !== -1) {
      this.#slab.delete(slot);
      this.names.remove(slot);
      this.columns.remove(slot);
      this.#slots.remove(name);
    }
  }

  clear(): void {
    this.#slab.clear();
    this.#slots.clear();
    this.names.clear();
    this.columns.clear();
  }
}
