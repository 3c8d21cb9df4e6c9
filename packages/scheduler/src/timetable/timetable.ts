import { NameSlots, Paged } from '@dkron/runtime/collections';

const NOT_QUEUED = -1;

/**
 * Which name is due when: a binary min-heap outside the heap of objects. O(log n) set and remove; about 31 bytes per
 * name beside the string itself, nothing else is allocated, and nothing is copied as it grows.
 */
export class Timetable {
  readonly #slots = new NameSlots();
  readonly #dueMs = new Paged<number>(0, (cells) => new Float64Array(cells));
  readonly #heap = new Paged<number>(NOT_QUEUED, (cells) => new Int32Array(cells));
  readonly #position = new Paged<number>(NOT_QUEUED, (cells) => new Int32Array(cells));
  #length = 0;

  get size(): number {
    return this.#length;
  }

  /** Earliest due time in milliseconds; undefined when empty. */
  peekMs(): number | undefined {
    return this.#length === 0 ? undefined : this.#dueMs.get(this.#heap.get(0));
  }

  dueMs(name: string): number | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : this.#dueMs.get(slot);
  }

  /** @param dueMs milliseconds with fraction, any origin; the caller's clock gives it meaning */
  set(name: string, dueMs: number): void {
    let slot = this.#slots.find(name);
    if (slot === -1) {
      slot = this.#slots.add(name);
      this.#dueMs.set(slot, dueMs);
      this.#place(slot, this.#length++);
      this.#up(this.#length - 1);
      return;
    }
    this.#dueMs.set(slot, dueMs);
    this.#up(this.#position.get(slot));
    this.#down(this.#position.get(slot));
  }

  /** @returns false when the name was not there */
  remove(name: string): boolean {
    const slot = this.#slots.find(name);
    if (slot === -1) return false;
    this.#removeAt(this.#position.get(slot));
    this.#slots.remove(name);
    return true;
  }

  /** Removes and returns the earliest name if it is due by `nowMs`. */
  takeDue(nowMs: number): string | undefined {
    if (this.#length === 0) return undefined;
    const slot = this.#heap.get(0);
    if (this.#dueMs.get(slot) > nowMs) return undefined;
    const name = this.#slots.nameOf(slot) as string;
    this.#removeAt(0);
    this.#slots.remove(name);
    return name;
  }

  clear(): void {
    this.#slots.clear();
    this.#length = 0;
    this.#dueMs.clear();
    this.#heap.clear();
    this.#position.clear();
  }

  #removeAt(index: number): void {
    const last = --this.#length;
    if (index === last) return;
    this.#place(this.#heap.get(last), index);
    this.#up(index);
    this.#down(index);
  }

  #place(slot: number, index: number): void {
    this.#heap.set(index, slot);
    this.#position.set(slot, index);
  }

  #dueAt(index: number): number {
    return this.#dueMs.get(this.#heap.get(index));
  }

  #up(start: number): void {
    let index = start;
    const slot = this.#heap.get(index);
    const due = this.#dueMs.get(slot);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const other = this.#heap.get(parent);
      if (this.#dueMs.get(other) <= due) break;
      this.#place(other, index);
      index = parent;
    }
    this.#place(slot, index);
  }

  #down(start: number): void {
    let index = start;
    const slot = this.#heap.get(index);
    const due = this.#dueMs.get(slot);
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && this.#dueAt(child + 1) < this.#dueAt(child)) child++;
      const other = this.#heap.get(child);
      if (this.#dueMs.get(other) >= due) break;
      this.#place(other, index);
      index = child;
    }
    this.#place(slot, index);
  }
}
