import { NameSlots } from '@dkron/runtime/collections';

const INITIAL_SLOTS = 64;
const GROWTH = 1.25;
const NOT_QUEUED = -1;

/**
 * Which name is due when: a binary min-heap in typed arrays. O(log n) set and remove; about 33 bytes per name beside
 * the string itself, nothing else is allocated.
 */
export class Timetable {
  readonly #slots = new NameSlots();
  #dueMs = new Float64Array(INITIAL_SLOTS);
  #heap = new Int32Array(INITIAL_SLOTS);
  #position = new Int32Array(INITIAL_SLOTS).fill(NOT_QUEUED);
  #length = 0;

  get size(): number {
    return this.#length;
  }

  /** Earliest due time in milliseconds; undefined when empty. */
  peekMs(): number | undefined {
    return this.#length === 0 ? undefined : this.#dueMs[this.#heap[0]!];
  }

  dueMs(name: string): number | undefined {
    const slot = this.#slots.find(name);
    return slot === -1 ? undefined : this.#dueMs[slot];
  }

  /** @param dueMs milliseconds with fraction, any origin; the caller's clock gives it meaning */
  set(name: string, dueMs: number): void {
    let slot = this.#slots.find(name);
    if (slot === -1) {
      slot = this.#slots.add(name);
      if (slot >= this.#dueMs.length) this.#grow();
      this.#dueMs[slot] = dueMs;
      this.#place(slot, this.#length++);
      this.#up(this.#length - 1);
      return;
    }
    this.#dueMs[slot] = dueMs;
    this.#up(this.#position[slot]!);
    this.#down(this.#position[slot]!);
  }

  /** @returns false when the name was not there */
  remove(name: string): boolean {
    const slot = this.#slots.find(name);
    if (slot === -1) return false;
    this.#removeAt(this.#position[slot]!);
    this.#slots.remove(name);
    return true;
  }

  /** Removes and returns the earliest name if it is due by `nowMs`. */
  takeDue(nowMs: number): string | undefined {
    if (this.#length === 0) return undefined;
    const slot = this.#heap[0]!;
    if (this.#dueMs[slot]! > nowMs) return undefined;
    const name = this.#slots.nameOf(slot) as string;
    this.#removeAt(0);
    this.#slots.remove(name);
    return name;
  }

  clear(): void {
    this.#slots.clear();
    this.#length = 0;
    this.#dueMs = new Float64Array(INITIAL_SLOTS);
    this.#heap = new Int32Array(INITIAL_SLOTS);
    this.#position = new Int32Array(INITIAL_SLOTS).fill(NOT_QUEUED);
  }

  #grow(): void {
    const capacity = Math.ceil(this.#dueMs.length * GROWTH);
    this.#dueMs = enlarge(this.#dueMs, new Float64Array(capacity));
    this.#heap = enlarge(this.#heap, new Int32Array(capacity));
    this.#position = enlarge(this.#position, new Int32Array(capacity).fill(NOT_QUEUED));
  }

  #removeAt(index: number): void {
    const last = --this.#length;
    if (index === last) return;
    this.#place(this.#heap[last]!, index);
    this.#up(index);
    this.#down(index);
  }

  #place(slot: number, index: number): void {
    this.#heap[index] = slot;
    this.#position[slot] = index;
  }

  #up(start: number): void {
    let index = start;
    const slot = this.#heap[index]!;
    const due = this.#dueMs[slot]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const other = this.#heap[parent]!;
      if (this.#dueMs[other]! <= due) break;
      this.#place(other, index);
      index = parent;
    }
    this.#place(slot, index);
  }

  #down(start: number): void {
    let index = start;
    const slot = this.#heap[index]!;
    const due = this.#dueMs[slot]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && this.#dueMs[this.#heap[child + 1]!]! < this.#dueMs[this.#heap[child]!]!) child++;
      const other = this.#heap[child]!;
      if (this.#dueMs[other]! >= due) break;
      this.#place(other, index);
      index = child;
    }
    this.#place(slot, index);
  }
}

function enlarge<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
