import { ContractError } from '../errors.ts';

const INITIAL_BYTES = 4096;
/** A scratch buffer above this size is let go after use, so that one huge batch does not stay in memory. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** Below this a loop copies faster than a call out of JavaScript. */
const SHORT_BYTES_MAX = 256;
/** A string of this many UTF-16 units has at most 126 bytes, so that its length takes one byte. */
const SHORT_UNITS_MAX = 42;

/** Writes protobuf's wire format into one growing buffer. Lengths of nested messages are filled in afterwards. */
export class WireWriter {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = viewOf(this.#buffer);
  #at = 0;

  /** The bytes written so far as a copy, behind `free` bytes that are not set; the writer starts anew. */
  take(free = 0): Uint8Array {
    // From Node's pool: an array buffer of its own costs more than the bytes of a small record.
    const bytes = Buffer.allocUnsafe(free + this.#at);
    if (this.#at > SHORT_BYTES_MAX) this.#buffer.copy(bytes, free, 0, this.#at);
    else for (let i = 0; i < this.#at; i++) bytes[free + i] = this.#buffer[i] as number;
    this.reset();
    return bytes;
  }

  reset(): void {
    this.#at = 0;
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#use(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  /** A whole number, 0 … 2^53-1. */
  varint(value: number): void {
    this.#reserve(10);
    if (value < 0x80) {
      this.#buffer[this.#at++] = value;
      return;
    }
    let rest = value;
    while (rest > 0x7fffffff) {
      this.#buffer[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#at, value, true);
    this.#at += 8;
  }

  string(value: string): void {
    if (value.length <= SHORT_UNITS_MAX) this.#shortString(value);
    else {
      const length = Buffer.byteLength(value);
      this.varint(length);
      this.#reserve(length);
      this.#at += this.#buffer.write(value, this.#at, 'utf8');
    }
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Starts a length-delimited part; hand the answer to `close`. */
  open(): number {
    this.#reserve(1);
    return this.#at++;
  }

  close(lengthAt: number): void {
    const start = lengthAt + 1;
    const length = this.#at - start;
    if (length < 128) {
      this.#buffer[lengthAt] = length;
      return;
    }
    const extra = varintBytes(length) - 1;
    this.#reserve(extra);
    this.#buffer.copyWithin(start + extra, start, this.#at);
    this.#at = lengthAt;
    this.varint(length);
    this.#at += length;
  }

  #shortString(value: string): void {
    this.#reserve(1 + value.length * 3);
    const buffer = this.#buffer;
    const start = this.#at + 1;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        const length = buffer.write(value, start, 'utf8');
        buffer[this.#at] = length;
        this.#at = start + length;
        return;
      }
      buffer[start + i] = unit;
    }
    buffer[this.#at] = value.length;
    this.#at = start + value.length;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#use(grown);
  }

  #use(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = viewOf(buffer);
  }
}

function viewOf(buffer: Buffer<ArrayBuffer>): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) count++;
  return count;
}

/** @throws ContractError unless `value` is a whole number of 0 … `max`. */
export function checkWhole(value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new ContractError(`number ${value} cannot be encoded: a whole number of 0 to ${max} is needed`);
}
