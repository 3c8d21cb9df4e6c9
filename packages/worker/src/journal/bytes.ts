import type { EpochNanos } from '@dkron/runtime';
import { NANOS_PER_SECOND } from '@dkron/runtime';
import { WorkerError } from '../errors.ts';

const encoder = new TextEncoder();
/** Ids and names: a loop over them takes less than the call of an encoder. */
const SHORT_TEXT = 64;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Appends big-endian fields to a growing array. Room is taken before the array is touched: taking may replace it. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** @param room bytes taken at once */
  constructor(room = 128) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Writes over what is there already. */
  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** What was written, as it is until the next write. */
  part(from: number, to: number = this.#length): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  u8(value: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#take(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value);
    return this;
  }

  i64(value: bigint): this {
    const at = this.#take(8);
    this.#view.setBigInt64(at, value);
    return this;
  }

  f64(value: number): this {
    const at = this.#take(8);
    this.#view.setFloat64(at, value);
    return this;
  }

  /** Seconds and nanoseconds apart: year 1 does not fit 64 bits of nanoseconds. */
  time(value: EpochNanos): this {
    const nanos = ((value % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
    return this.i64((value - nanos) / NANOS_PER_SECOND).u32(Number(nanos));
  }

  /** At most 65,535 bytes of UTF-8. */
  text(value: string): this {
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return this;
    const bytes = encoder.encode(value);
    if (bytes.length > 0xffff) {
      throw new WorkerError('record-size', `text of ${bytes.length} bytes in a journal record; at most 65535`, {
        bytes: bytes.length,
        maxBytes: 0xffff,
      });
    }
    return this.u16(bytes.length).raw(bytes);
  }

  /** False when it is more than ASCII, and then nothing is written. */
  #ascii(value: string): boolean {
    const at = this.#take(2 + value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = at;
        return false;
      }
      this.#bytes[at + 2 + i] = code;
    }
    this.#view.setUint16(at, value.length);
    return true;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      grown.set(this.#bytes.subarray(0, at), 0);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads what {@link ByteWriter} wrote; a field beyond the end throws a RangeError. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }

  f64(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  time(): EpochNanos {
    return this.i64() * NANOS_PER_SECOND + BigInt(this.u32());
  }

  text(): string {
    return decoder.decode(this.raw(this.u16()));
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const from = this.#skip(length);
    if (this.#at > this.#bytes.length)
      throw new RangeError(`${length} bytes wanted, ${this.#bytes.length - from} left`);
    return this.#bytes.subarray(from, this.#at);
  }

  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }

  #skip(count: number): number {
    const from = this.#at;
    this.#at += count;
    return from;
  }
}
