import { malformed } from './errors.ts';

const HIGH = 2 ** 32;
const MAX_HIGH = 2 ** 21 - 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes that `text` takes behind its u16 length. */
export function textBytes(text: string): number {
  return 2 + Buffer.byteLength(text);
}

/** Little-endian writer over a slice that the caller sized; writing past the end throws a `RangeError`. */
export class ByteWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  u8(value: number): void {
    this.#view.setUint8(this.offset, value);
    this.offset += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.offset, value, true);
    this.offset += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.offset, value, true);
    this.offset += 4;
  }

  /** A safe integer ≥ 0 in eight bytes. */
  u64(value: number): void {
    this.#view.setUint32(this.offset, value % HIGH, true);
    this.#view.setUint32(this.offset + 4, Math.floor(value / HIGH), true);
    this.offset += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.byteLength;
  }

  /** UTF-8 behind its u16 length. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > 0xffff) throw new TypeError(`text of ${length} bytes does not fit, at most 65535 are allowed`);
    this.u16(length);
    encoder.encodeInto(text, this.bytes.subarray(this.offset, this.offset + length));
    this.offset += length;
  }
}

/** Little-endian reader that throws `StorageError` `malformed` instead of reading past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Eight bytes that must hold a safe integer. */
  u64(): number {
    const at = this.#advance(8);
    const high = this.#view.getUint32(at + 4, true);
    if (high > MAX_HIGH) throw malformed('integer above 2^53 - 1', { offset: at });
    return high * HIGH + this.#view.getUint32(at, true);
  }

  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.subarray(at, at + length);
  }

  text(): string {
    const at = this.offset;
    const bytes = this.raw(this.u16());
    try {
      return decoder.decode(bytes);
    } catch {
      throw malformed('text is not UTF-8', { offset: at });
    }
  }

  /** Refuses bytes left over. */
  end(): void {
    if (this.remaining !== 0) throw malformed(`${this.remaining} bytes too many`, { offset: this.offset });
  }

  #advance(length: number): number {
    const at = this.offset;
    if (length > this.bytes.byteLength - at) {
      throw malformed(`needs ${length} bytes, ${this.bytes.byteLength - at} are left`, { offset: at });
    }
    this.offset = at + length;
    return at;
  }
}
