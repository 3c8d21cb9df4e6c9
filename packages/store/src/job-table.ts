import type { StoredJob } from '@dkron/jobs';
import type { Codec } from './ports.ts';
import { JobColumns } from './job-columns.ts';
import { Slab } from './slab.ts';
import { SortedStrings } from './sorted-strings.ts';

/** All jobs in memory: encoded bytes in slabs, decoded when asked for, with indexes for lists. */
export class JobTable {
  readonly #codec: Codec<StoredJob>;
  readonly #slab = new Slab();
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly names: SortedStrings = new SortedStrings();
  readonly columns: JobColumns = new JobColumns();

  constructor(codec: Codec<StoredJob>) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): StoredJob | undefined {
    const slot = this.#slots.get(name);
    return slot === undefined ? undefined : this.#codec.decode(this.#slab.get(slot));
  }

  /** A copy of the stored bytes. */
  getBytes(name: string): Uint8Array | undefined {
    const slot = this.#slots.get(name);
    return slot === undefined ? undefined : this.#slab.get(slot).slice();
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  set(name: string, bytes: Uint8Array, job: StoredJob): void {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#slots.size;
      this.#slots.set(name, slot);
      this.names.add(name);
      this.columns.add(slot, name);
    }
    this.#slab.set(slot, bytes);
    this.columns.set(slot, job);
  }

  delete(name: string): void {
    const slot = this.#slots.get(name);
    if (slot !== undefined) {
      this.#slab.delete(slot);
      this.#slots.delete(name);
      this.names.remove(name);
      this.columns.remove(slot);
      this.#free.push(slot);
    }
  }

  clear(): void {
    this.#slab.clear();
    this.#slots.clear();
    this.#free.length = 0;
    this.names.clear();
    this.columns.clear();
  }
}
