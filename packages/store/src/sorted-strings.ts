const BLOCK_MAX = 512;

/** Strings in order of their UTF-16 units. Insert and remove touch one block of at most 512, whatever the size. */
export class SortedStrings {
  #blocks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False when it was there already. */
  add(text: string): boolean {
    const at = this.#blockOf(text);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([text]);
      this.#size++;
      return true;
    }
    const index = lowerBound(block, text);
    if (block[index] === text) {
      return false;
    }
    block.splice(index, 0, text);
    this.#size++;
    if (block.length > BLOCK_MAX) {
      this.#blocks.splice(at + 1, 0, block.splice(block.length >> 1));
    }
    return true;
  }

  /** False when it was not there. */
  remove(text: string): boolean {
    const at = this.#blockOf(text);
    const block = this.#blocks[at];
    const index = block === undefined ? -1 : lowerBound(block, text);
    if (block === undefined || block[index] !== text) {
      return false;
    }
    block.splice(index, 1);
    this.#size--;
    if (block.length === 0) {
      this.#blocks.splice(at, 1);
    }
    return true;
  }

  clear(): void {
    this.#blocks = [];
    this.#size = 0;
  }

  /** Ascending, from the first that is ≥ `from`. Must not be changed meanwhile. */
  *ascending(from = ''): Generator<string> {
    for (let at = this.#blockOf(from); at < this.#blocks.length; at++) {
      const block = this.#blocks[at] ?? [];
      const first = block[0];
      for (let i = first !== undefined && first >= from ? 0 : lowerBound(block, from); i < block.length; i++) {
        yield block[i] as string;
      }
    }
  }

  /** Those at positions `[start, end)`. */
  slice(start: number, end: number): string[] {
    const out: string[] = [];
    let position = 0;
    for (const block of this.#blocks) {
      if (position >= end) {
        break;
      }
      if (position + block.length > start) {
        out.push(...block.slice(Math.max(0, start - position), end - position));
      }
      position += block.length;
    }
    return out;
  }

  /** Index of the last block whose first string is ≤ text, or 0. */
  #blockOf(text: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#blocks[middle]?.[0] ?? '') <= text) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

function lowerBound(block: readonly string[], text: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((block[middle] as string) < text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
