import { hash } from 'node:crypto';
import { fromLatin1, NO_BYTES, putOrderedI64, putU32 } from './bytes.ts';
import type { WriteOp } from './ports.ts';

const INDEX_AT = 32;
const HEAD_BYTES = INDEX_AT + 8;

/** Collects the writes of a batch, in order. Every one of them enters the state hash. */
export class Journal {
  readonly ops: WriteOp[] = [];
  #hash: Uint8Array;
  /** What the hash of the current entry is made of: the hash before, the index, then the changes. */
  #scratch = Buffer.allocUnsafe(4096);
  #length = HEAD_BYTES;

  constructor(hash: Uint8Array) {
    this.#hash = hash;
  }

  /** @param hashed what stands for `value` in the hash, when its bytes may differ between machines */
  put(key: Uint8Array, value: Uint8Array, hashed: Uint8Array = value): void {
    this.ops.push({ type: 'put', key, value, fresh: false });
    this.#record(key, hashed, 1);
  }

  /** Nothing is stored under this key. */
  putFresh(key: Uint8Array, value: Uint8Array): void {
    this.ops.push({ type: 'put', key, value, fresh: true });
    this.#record(key, value, 1);
  }

  delete(key: Uint8Array): void {
    this.ops.push({ type: 'del', key });
    this.#record(key, NO_BYTES, 0);
  }

  /**
   * Closes the changes of one log entry. Hashing by entry, not by batch, because servers batch differently.
   *
   * @returns the hash over all entries so far
   */
  endEntry(index: bigint): Uint8Array {
    this.#scratch.set(this.#hash);
    putOrderedI64(this.#scratch, INDEX_AT, index);
    // A text of bytes comes out of the library for half the price of a buffer.
    this.#hash = fromLatin1(hash('sha256', this.#scratch.subarray(0, this.#length), 'binary'));
    this.#length = HEAD_BYTES;
    return this.#hash;
  }

  #record(key: Uint8Array, value: Uint8Array, kind: 0 | 1): void {
    const at = this.#length;
    this.#length = at + 9 + key.length + value.length;
    this.#reserve(this.#length);
    const scratch = this.#scratch;
    scratch[at] = kind;
    putU32(scratch, at + 1, key.length);
    putU32(scratch, at + 5, value.length);
    scratch.set(key, at + 9);
    scratch.set(value, at + 9 + key.length);
  }

  #reserve(size: number): void {
    if (size > this.#scratch.length) {
      const next = Buffer.allocUnsafe(Math.max(size, this.#scratch.length * 2));
      next.set(this.#scratch);
      this.#scratch = next;
    }
  }
}
