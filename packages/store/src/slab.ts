import { Paged } from '@dkron/runtime/collections';
import { viewOf } from './bytes.ts';

const CHUNK_BYTES = 1024 * 1024;
/** Offsets, capacities: multiples of this. */
const UNIT_BYTES = 8;
/** Units of a chunk that can hold starts of records; in a larger chunk only one starts, at 0. */
const CHUNK_UNITS = CHUNK_BYTES / UNIT_BYTES;
/** Before each record: its slot; the units reserved for it, and how many bytes of them are spare in the low 8 bits. */
const HEADER_BYTES = 8;
/** Counters grow by a digit now and then: room for that avoids moves. */
const ROOM_BYTES = 4;
const SPARE_MAX = 255;
/** The largest that its header can describe, 128 MiB less a unit. */
export const RECORD_BYTES_MAX = (1 << 24) * UNIT_BYTES - 64;
const NOWHERE = 0xffff_ffff;
/** A chunk with a smaller share of current records is evacuated. */
const LIVE_MIN = 0.75;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** End of the written part. */
  used: number;
  /** Bytes of records still current, headers included. */
  live: number;
}

/**
 * Byte records in 1 MiB chunks, addressed by slot. Outside the heap and without an object per record: 12 bytes and
 * rounding to 8 beside it. A record that no longer fits its place is appended anew; a chunk more than a quarter dead is
 * evacuated, so one write moves at most one chunk.
 */
export class Slab {
  readonly #chunks: (Chunk | undefined)[] = [];
  #current = -1;
  /** Number of the chunk times `CHUNK_UNITS`, plus the unit in it. */
  readonly #places = new Paged<number>(NOWHERE, (cells) => new Uint32Array(cells));

  /** The record's bytes, valid until the next write. */
  get(slot: number): Uint8Array {
    const place = this.#places.get(slot);
    const { bytes, view } = this.#chunkAt(place);
    const offset = offsetOf(place);
    const start = offset + HEADER_BYTES;
    return bytes.subarray(start, start + lengthAt(view, offset));
  }

  /** @throws RangeError for a record of more than `RECORD_BYTES_MAX` bytes */
  set(slot: number, record: Uint8Array): void {
    if (record.length > RECORD_BYTES_MAX) {
      throw new RangeError(`a record of ${record.length} bytes is too large; allowed: ${RECORD_BYTES_MAX}`);
    }
    const place = this.#places.get(slot);
    if (place !== NOWHERE) {
      const { bytes, view } = this.#chunkAt(place);
      const offset = offsetOf(place);
      const capacity = capacityAt(view, offset);
      const spare = capacity - record.length;
      if (spare >= 0 && spare <= SPARE_MAX) {
        bytes.set(record, offset + HEADER_BYTES);
        writeSize(view, offset, capacity, record.length);
        return;
      }
      this.delete(slot);
    }
    this.#append(slot, record);
  }

  delete(slot: number): void {
    const place = this.#places.get(slot);
    const chunk = this.#chunkAt(place);
    const index = chunkOf(place);
    chunk.live -= HEADER_BYTES + capacityAt(chunk.view, offsetOf(place));
    this.#places.set(slot, NOWHERE);
    if (index !== this.#current && chunk.live < chunk.used * LIVE_MIN) {
      this.#evacuate(index, chunk);
    }
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#current = -1;
    this.#places.clear();
  }

  /** Bytes reserved, for tests and metrics. */
  get reservedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.bytes.length ?? 0), 0);
  }

  #append(slot: number, record: Uint8Array): void {
    const capacity = (record.length + ROOM_BYTES + UNIT_BYTES - 1) & -UNIT_BYTES;
    const chunk = this.#chunkFor(HEADER_BYTES + capacity);
    const offset = chunk.used;
    chunk.view.setUint32(offset, slot);
    writeSize(chunk.view, offset, capacity, record.length);
    chunk.bytes.set(record, offset + HEADER_BYTES);
    chunk.used += HEADER_BYTES + capacity;
    chunk.live += HEADER_BYTES + capacity;
    this.#places.set(slot, this.#current * CHUNK_UNITS + offset / UNIT_BYTES);
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
      if (this.#places.get(slot) === index * CHUNK_UNITS + offset / UNIT_BYTES) {
        const start = offset + HEADER_BYTES;
        this.#append(slot, chunk.bytes.subarray(start, start + lengthAt(chunk.view, offset)));
      }
      offset += HEADER_BYTES + capacityAt(chunk.view, offset);
    }
    this.#chunks[index] = undefined;
  }

  #chunkAt(place: number): Chunk {
    return this.#chunks[chunkOf(place)] as Chunk;
  }
}

function chunkOf(place: number): number {
  return Math.floor(place / CHUNK_UNITS);
}

function offsetOf(place: number): number {
  return (place % CHUNK_UNITS) * UNIT_BYTES;
}

function writeSize(view: DataView, offset: number, capacity: number, length: number): void {
  view.setUint32(offset + 4, (capacity / UNIT_BYTES) * 256 + (capacity - length));
}

function capacityAt(view: DataView, offset: number): number {
  return (view.getUint32(offset + 4) >>> 8) * UNIT_BYTES;
}

function lengthAt(view: DataView, offset: number): number {
  return capacityAt(view, offset) - view.getUint8(offset + 7);
}
