import { assert } from '@dkron/runtime';

/**
 * Appends sent and not acknowledged: a ring of (last index, bytes), bounded by count and by bytes. The bound on bytes is
 * soft: the message that reaches it is still taken. Indexes are added in ascending order.
 */
export class Inflights {
  readonly #capacity: number;
  readonly #maxBytes: number;
  #start = 0;
  #count = 0;
  #bytes = 0;
  #indexes: number[] = [];
  #sizes: number[] = [];

  /**
   * @param capacity - messages, at least 1
   * @param maxBytes - 0 means no bound
   */
  constructor(capacity: number, maxBytes: number) {
    this.#capacity = capacity;
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#count === this.#capacity || (this.#maxBytes > 0 && this.#bytes >= this.#maxBytes);
  }

  /** Records a message whose last entry is `index`. Must not be full. */
  add(index: number, bytes: number): void {
    assert(!this.full, `inflights are full: ${this.#count} messages, ${this.#bytes} bytes`);
    if (this.#count === this.#indexes.length) this.#grow();
    let at = this.#start + this.#count;
    if (at >= this.#indexes.length) at -= this.#indexes.length;
    this.#indexes[at] = index;
    this.#sizes[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Frees every message whose last index is `index` or lower. */
  freeLE(index: number): void {
    const length = this.#indexes.length;
    while (this.#count > 0 && this.#indexes[this.#start]! <= index) {
      this.#bytes -= this.#sizes[this.#start]!;
      this.#count--;
      this.#start++;
      if (this.#start === length) this.#start = 0;
    }
    if (this.#count === 0) this.#start = 0;
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  /** Last indexes of the messages in flight, oldest first. */
  indexes(): number[] {
    const length = this.#indexes.length;
    return Array.from({ length: this.#count }, (_, i) => this.#indexes[(this.#start + i) % length]!);
  }

  /** Doubles the ring up to the capacity, so that idle peers cost nothing. */
  #grow(): void {
    const length = Math.min(this.#capacity, Math.max(1, this.#indexes.length * 2));
    const indexes = Array.from<number>({ length }).fill(0);
    const sizes = Array.from<number>({ length }).fill(0);
    for (let i = 0; i < this.#count; i++) {
      const from = (this.#start + i) % this.#indexes.length;
      indexes[i] = this.#indexes[from]!;
      sizes[i] = this.#sizes[from]!;
    }
    this.#indexes = indexes;
    this.#sizes = sizes;
    this.#start = 0;
  }
}
