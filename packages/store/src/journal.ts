import { createHash } from 'node:crypto';
import { toLatin1, viewOf } from './bytes.ts';
import type { WriteOp } from './ports.ts';

/** Collects the writes of a batch: the last one of each key is written, every one of them enters the state hash. */
export class Journal {
  readonly #ops = new Map<string, WriteOp>();
  #hash: Uint8Array;
  #scratch = Buffer.allocUnsafe(4096);
  #length = 0;

  constructor(hash: Uint8Array) {
    this.#hash = hash;
  }

  /** @param hashed what stands for `value` in the hash, when its bytes may differ between machines */
  put(key: Uint8Array, value: Uint8Array, hashed: Uint8Array = value): void {
    this.#ops.set(toLatin1(key), { type: 'put', key, value });
    this.#record(key, hashed, 1);
  }

  delete(key: Uint8Array): void {
    this.#ops.set(toLatin1(key), { type: 'del', key });
    this.#record(key, undefined, 0);
  }

  /** What this batch wrote under `key`: bytes, null when deleted, undefined when untouched. */
  written(key: Uint8Array): Uint8Array | null | undefined {
    const op = this.#ops.get(toLatin1(key));
    return op === undefined ? undefined : op.type === 'put' ? op.value : null;
  }

  /**
   * Closes the changes of one log entry. Hashing by entry, not by batch, because servers batch differently.
   *
   * @returns the hash over all entries so far
   */
  endEntry(index: bigint): Uint8Array {
    const position = new Uint8Array(8);
    viewOf(position).setBigUint64(0, BigInt.asUintN(64, index));
    const hash = createHash('sha256')
      .update(this.#hash)
      .update(position)
      .update(this.#scratch.subarray(0, this.#length));
    this.#hash = new Uint8Array(hash.digest());
    this.#length = 0;
    return this.#hash;
  }

  ops(): WriteOp[] {
    return [...this.#ops.values()];
  }

  #record(key: Uint8Array, value: Uint8Array | undefined, kind: 0 | 1): void {
    const size = 9 + key.length + (value?.length ?? 0);
    this.#reserve(size);
    const scratch = this.#scratch;
    scratch[this.#length] = kind;
    scratch.writeUInt32BE(key.length, this.#length + 1);
    scratch.writeUInt32BE(value?.length ?? 0, this.#length + 5);
    scratch.set(key, this.#length + 9);
    if (value !== undefined) {
      scratch.set(value, this.#length + 9 + key.length);
    }
    this.#length += size;
  }

  #reserve(size: number): void {
    if (this.#length + size > this.#scratch.length) {
      const next = Buffer.allocUnsafe(Math.max(this.#length + size, this.#scratch.length * 2));
      next.set(this.#scratch.subarray(0, this.#length));
      this.#scratch = next;
    }
  }
}
