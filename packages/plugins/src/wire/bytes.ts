import { concatBytes } from '@dkron/runtime';

const SMALL_BYTES = 1024;
const COLLECTED_BYTES = 8192;

/**
 * Bytes in the order they came. Joins them when they are taken, so that many pieces cost linear time, and keeps small
 * pieces together, so that they cost little more memory than their bytes.
 */
export class ByteQueue {
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  /** Where small pieces are collected, as part of the last of `#parts`. */
  #collected = new Uint8Array();

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    if (bytes.length >= SMALL_BYTES) {
      this.#parts.push(bytes);
      return;
    }
    const last = this.#parts.at(-1);
    const end = last?.buffer === this.#collected.buffer ? last.byteOffset + last.length : COLLECTED_BYTES;
    if (last && end + bytes.length <= COLLECTED_BYTES) {
      this.#collected.set(bytes, end);
      this.#parts[this.#parts.length - 1] = this.#collected.subarray(last.byteOffset, end + bytes.length);
      return;
    }
    this.#collected = new Uint8Array(COLLECTED_BYTES);
    this.#collected.set(bytes);
    this.#parts.push(this.#collected.subarray(0, bytes.length));
  }

  /** At most `count` bytes of the front, not taken away. */
  peek(count: number): Uint8Array {
    const first = this.#parts[0];
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    const found: Uint8Array[] = [];
    let missing = Math.min(count, this.#length);
    for (const part of this.#parts) {
      if (missing <= 0) break;
      found.push(part.subarray(0, missing));
      missing -= part.length;
    }
    return concatBytes(found);
  }

  /** The first `count` bytes, of which as many must be there. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    let missing = count;
    let whole = 0;
    while (missing > 0 && missing >= this.#parts[whole]!.length) {
      missing -= this.#parts[whole]!.length;
      whole += 1;
    }
    this.#parts.splice(0, whole);
    if (missing > 0) this.#parts[0] = this.#parts[0]!.subarray(missing);
    this.#length -= count;
    return taken;
  }
}
