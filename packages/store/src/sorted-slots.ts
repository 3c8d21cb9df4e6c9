const BLOCK_MAX = 1024;

/** A part of the order: `length` slots in use. */
interface Block {
  readonly slots: Int32Array;
  length: number;
}

/**
 * Slots in order of their names' UTF-16 units; the names themselves are kept elsewhere. Insert and remove touch one
 * block of at most 1,024, whatever the size; about 6 bytes per slot.
 */
export class SortedSlots {
  readonly #nameOf: (slot: number) => string;
  #blocks: Block[] = [];
  #size = 0;

  /** @param nameOf must answer for every slot in the order, and for one that is being added or removed */
  constructor(nameOf: (slot: number) => string) {
    this.#nameOf = nameOf;
  }

  get size(): number {
    return this.#size;
  }

  /** The slot's name must not be in the order yet. */
  add(slot: number): void {
    const name = this.#nameOf(slot);
    let at = this.#blockOf(name);
    let block = this.#blocks[at];
    let index = block === undefined ? 0 : this.#lowerBound(block, name);
    if (block === undefined || (block.length === BLOCK_MAX && index === BLOCK_MAX)) {
      // Behind a full block: names that arrive in order fill their blocks.
      at = block === undefined ? 0 : at + 1;
      index = 0;
      block = emptyBlock();
      this.#blocks.splice(at, 0, block);
    } else if (block.length === BLOCK_MAX) {
      const right = this.#split(at, block);
      if (index > block.length) {
        index -= block.length;
        block = right;
      }
    }
    block.slots.copyWithin(index + 1, index, block.length);
    block.slots[index] = slot;
    block.length++;
    this.#size++;
  }

  /** The slot must be in the order. */
  remove(slot: number): void {
    const name = this.#nameOf(slot);
    const at = this.#blockOf(name);
    const block = this.#blocks[at];
    const index = block === undefined ? 0 : this.#lowerBound(block, name);
    if (block === undefined || index >= block.length || block.slots[index] !== slot) {
      return;
    }
    block.slots.copyWithin(index, index + 1, block.length);
    block.length--;
    this.#size--;
    this.#join(at, block);
  }

  clear(): void {
    this.#blocks = [];
    this.#size = 0;
  }

  /** Names in order. Must not be changed meanwhile. */
  *ascending(): Generator<string> {
    for (const { slots, length } of this.#blocks) {
      for (let i = 0; i < length; i++) {
        yield this.#nameOf(slots[i] as number);
      }
    }
  }

  /** Names at positions `[start, end)`. */
  slice(start: number, end: number): string[] {
    const out: string[] = [];
    let position = 0;
    for (const { slots, length } of this.#blocks) {
      if (position >= end) {
        break;
      }
      for (let i = Math.max(0, start - position); i < Math.min(length, end - position); i++) {
        out.push(this.#nameOf(slots[i] as number));
      }
      position += length;
    }
    return out;
  }

  #split(at: number, block: Block): Block {
    const half = block.length >> 1;
    const right = emptyBlock();
    right.slots.set(block.slots.subarray(half, block.length));
    right.length = block.length - half;
    block.length = half;
    this.#blocks.splice(at + 1, 0, right);
    return right;
  }

  /** A block that became small takes in its right neighbour when both fit well into one. */
  #join(at: number, block: Block): void {
    if (block.length === 0) {
      this.#blocks.splice(at, 1);
      return;
    }
    const right = this.#blocks[at + 1];
    if (right !== undefined && block.length + right.length <= BLOCK_MAX / 2) {
      block.slots.set(right.slots.subarray(0, right.length), block.length);
      block.length += right.length;
      this.#blocks.splice(at + 1, 1);
    }
  }

  /** Index of the last block whose first name is ≤ `name`, or 0. */
  #blockOf(name: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#nameOf(this.#blocks[middle]?.slots[0] as number) <= name) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  #lowerBound({ slots, length }: Block, name: string): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#nameOf(slots[middle] as number) < name) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

function emptyBlock(): Block {
  return { slots: new Int32Array(BLOCK_MAX), length: 0 };
}
