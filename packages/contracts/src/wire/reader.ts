import { ContractError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Up to here looking at each byte and taking the fast way is cheaper than decoding. */
const ASCII_SCAN_MAX = 64;

export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
const FIXED32 = 5;

/** Reads protobuf's wire format. Every length is checked against what is there before anything is allocated. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #view: DataView;
  /** Refuse fields that this version does not know. */
  readonly strict: boolean;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array, strict: boolean) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strict = strict;
    this.#end = bytes.length;
  }

  more(): boolean {
    return this.#at < this.#end;
  }

  /** @throws ContractError above 2^53-1. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let i = 1; i < 8; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value <= Number.MAX_SAFE_INTEGER) return value;
        break;
      }
      scale *= 128;
    }
    throw new ContractError(`number at byte ${this.#at} is above 2^53-1`);
  }

  fixed64(): bigint {
    const at = this.#skip(8);
    return this.#view.getBigInt64(at, true);
  }

  string(): string {
    const length = this.varint();
    const at = this.#skip(length);
    if (length <= ASCII_SCAN_MAX && this.#isAscii(at, at + length))
      return this.#buffer.toString('latin1', at, at + length);
    try {
      return utf8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new ContractError(`text at byte ${at} is not UTF-8`);
    }
  }

  /** A copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    const at = this.#skip(length);
    // Not `slice`: that of a Buffer is a view.
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  /** The 64 bits of a part that is exactly `length` long and begins with `tag`; null, and nothing read, if it is not. */
  shortcut(length: number, tag: number): bigint | null {
    const at = this.#at;
    if (this.#end - at <= length || this.#bytes[at] !== length || this.#bytes[at + 1] !== tag) return null;
    this.#at = at + 1 + length;
    return this.#view.getBigInt64(at + 2, true);
  }

  /** Enters a length-delimited part; hand the answer to `leave`. */
  enter(): number {
    const length = this.varint();
    const outer = this.#end;
    if (length > outer - this.#at) throw this.#cut();
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Passes over a field's value; refuses it when strict. */
  unknown(tag: number, message: string): void {
    if (this.strict) throw new ContractError(`${message} has field ${tag >>> 3}, which this version does not know`);
    this.pass(tag & 7);
  }

  /** Passes over a value of the given wire type. */
  pass(wireType: number): void {
    if (wireType === VARINT) {
      for (let i = 0; i < 10; i++) if (this.#byte() < 0x80) return;
      throw new ContractError(`number at byte ${this.#at} has no end`);
    }
    if (wireType === FIXED64) this.#skip(8);
    else if (wireType === DELIMITED) this.#skip(this.varint());
    else if (wireType === FIXED32) this.#skip(4);
    else throw new ContractError(`wire type ${wireType} at byte ${this.#at} is not protobuf's`);
  }

  #isAscii(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if ((this.#bytes[at] as number) > 0x7f) return false;
    return true;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw this.#cut();
    return this.#bytes[this.#at++] as number;
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw this.#cut();
    this.#at = at + length;
    return at;
  }

  #cut(): ContractError {
    return new ContractError(`bytes end at ${this.#end} in the middle of a value`);
  }
}
