import { viewOf } from './bytes.ts';

const CHUNK_BYTES = 1024 * 1024;
/** Before each record: its slot, and the bytes reserved for it. */
const HEADER_BYTES = 8;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** End of the written part. */
  used: number;
  /** Bytes of records still current, headers included. */
  live: number;
}

/**
 * Byte records in 1 MiB chunks, addressed by slot. Outside the heap and without an object per record. A record that no
 * longer fits its place is appended anew; a chunk more than half dead is evacuated, so one write moves at most one chunk.
 */
export class Slab {
  readonly #chunks: (Chunk | undefined)[] = [];
  #current = -1;
  #chunkOf = new Int32Array(1024).fill(-1);
  #offsetOf = new Uint32Array(1024);
  #lengthOf = new Uint32Array(1024);

  /** The record's bytes, valid until the next write. */
  get(slot: number): Uint8Array {
    const { bytes } = this.#chunkAt(slot);
    const start = (this.#offsetOf[slot] as number) + HEADER_BYTES;
    return bytes.subarray(start, start + (this.#lengthOf[slot] as number));
  }

  set(slot: number, record: Uint8Array): void {
    this.#reserve(slot);
    if ((this.#chunkOf[slot] as number) >= 0) {
      const chunk = this.#chunkAt(slot);
      const offset = this.#offsetOf[slot] as number;
      if (record.length <= chunk.view.getUint32(offset + 4)) {
        chunk.bytes.set(record, offset + HEADER_BYTES);
        this.#lengthOf[slot] = record.length;
        return;
      }
      this.delete(slot);
    }
    this.#append(slot, record);
  }

  delete(slot: number): void {
    const index = this.#chunkOf[slot] as number;
    const chunk = this.#chunkAt(slot);
    chunk.live -= HEADER_BYTES + chunk.view.getUint32((this.#offsetOf[slot] as number) + 4);
    this.#chunkOf[slot] = -1;
    if (index !== this.#current && chunk.live * 2 < chunk.used) {
      this.#evacuate(index, chunk);
    }
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#current = -1;
    this.#chunkOf.fill(-1);
  }

  /** Bytes reserved, for tests and metrics. */
  get reservedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.bytes.length ?? 0), 0);
  }

  #append(slot: number, record: Uint8Array): void {
    // Counters grow by a digit now and then: room for that avoids most moves.
    const capacity = (record.length + 15) & ~7;
    const chunk = this.#chunkFor(HEADER_BYTES + capacity);
    const offset = chunk.used;
    chunk.view.setUint32(offset, slot);
    chunk.view.setUint32(offset + 4, capacity);
    chunk.bytes.set(record, offset + HEADER_BYTES);
    chunk.used += HEADER_BYTES + capacity;
    chunk.live += HEADER_BYTES + capacity;
    this.#chunkOf[slot] = this.#current;
    this.#offsetOf[slot] = offset;
    this.#lengthOf[slot] = record.length;
  }

  #chunkFor(length: number): Chunk {
    const current = this.#chunks[this.#current];
    if (current !== undefined && current.used + length <= current.bytes.length) {
      return current;
    }
    const bytes = new Uint8Array(Math.max(CHUNK_BYTES, length));
    const chunk = { bytes, view: viewOf(bytes), used: 0, live: 0 };
    const free = this.#chunks.indexOf(undefined);
    this.#current = free === -1 ? this.#chunks.length : free;
    this.#chunks[this.#current] = chunk;
    return chunk;
  }

  #evacuate(index: number, chunk: Chunk): void {
    for (let offset = 0; offset < chunk.used;) {
      const slot = chunk.view.getUint32(offset);
      if (this.#chunkOf[slot] === index && this.#offsetOf[slot] === offset) {
        const start = offset + HEADER_BYTES;
        this.#append(slot, chunk.bytes.subarray(start, start + (this.#lengthOf[slot] as number)));
      }
      offset += HEADER_BYTES + chunk.view.getUint32(offset + 4);
    }
    this.#chunks[index] = undefined;
  }

  #chunkAt(slot: number): Chunk {
    return this.#chunks[this.#chunkOf[slot] as number] as Chunk;
  }

  #reserve(slot: number): void {
    const size = this.#chunkOf.length;
    if (slot < size) {
      return;
    }
    const next = Math.max(slot + 1, Math.ceil(size * 1.5));
    const chunkOf = new Int32Array(next).fill(-1);
    chunkOf.set(this.#chunkOf);
    this.#chunkOf = chunkOf;
    this.#offsetOf = grown(this.#offsetOf, next);
    this.#lengthOf = grown(this.#lengthOf, next);
  }
}

function grown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(length);
  next.set(array);
  return next;
}
