import { concatBytes } from '@dkron/runtime';

const UINT_MAX = 2n ** 64n - 1n;
const INT_MAX = 2n ** 63n - 1n;

/** Numbers, text and bytes of a message, in the order they are written. */
export class ScalarWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #text = new TextEncoder();

  /** Throws RangeError beyond 64 bits. */
  uint(value: bigint | number): void {
    this.#parts.push(encodeGobUint(BigInt(value)));
  }

  /** Throws RangeError beyond 64 bits. */
  int(value: bigint | number): void {
    const whole = BigInt(value);
    if (whole > INT_MAX || whole < -INT_MAX - 1n) throw new RangeError(`${whole} does not fit an int of gob`);
    this.uint(whole < 0n ? (~whole << 1n) | 1n : whole << 1n);
  }

  bytes(bytes: Uint8Array): void {
    this.uint(bytes.length);
    this.#parts.push(bytes);
  }

  string(text: string): void {
    this.bytes(this.#text.encode(text));
  }

  /** As they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  finish(): Uint8Array {
    return concatBytes(this.#parts);
  }
}

/** One byte up to 127, otherwise how many follow (negated) and they, the highest first. */
export function encodeGobUint(value: bigint): Uint8Array {
  if (value < 0n || value > UINT_MAX) throw new RangeError(`${value} does not fit a uint of gob`);
  if (value < 0x80n) return Uint8Array.of(Number(value));
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.of(256 - bytes.length, ...bytes);
}
