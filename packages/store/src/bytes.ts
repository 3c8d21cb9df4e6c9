const decoder = new TextDecoder();

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/*
 * Keys and small values are cut from Node's buffer pool: an array buffer of its own for each would cost more than what
 * is written into it.
 */
/** @param free bytes left free before the text, for the caller to fill */
export function toUtf8(text: string, free: number = 0): Uint8Array {
  const { length } = text;
  if (length > SHORT_UNITS_MAX) {
    return longToUtf8(text, free);
  }
  const bytes = Buffer.allocUnsafe(free + length);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      return longToUtf8(text, free);
    }
    bytes[free + i] = unit;
  }
  return bytes;
}

function longToUtf8(text: string, free: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(free + Buffer.byteLength(text));
  bytes.write(text, free);
  return bytes;
}

/** Below this a loop is faster than a call out of JavaScript. */
const SHORT_UNITS_MAX = 64;

export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) {
    length += part.length;
  }
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** One character per byte, so that text order is byte order. */
export function toLatin1(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}

/** Keys are short: a loop is faster than a call out of JavaScript. */
export function fromLatin1(text: string): Uint8Array {
  const { length } = text;
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** 8 bytes, big end first; negative numbers sort before others. */
export function orderedI64(value: bigint): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  putOrderedI64(out, 0, value);
  return out;
}

export function putOrderedI64(out: Uint8Array, at: number, value: bigint): void {
  // Through one view: making a view for each number costs more than writing it.
  scratchView.setBigInt64(0, value);
  // Negative numbers first: the sign bit is turned over.
  out[at] = (scratch[0] as number) ^ 0x80;
  for (let i = 1; i < 8; i++) out[at + i] = scratch[i] as number;
}

export function readOrderedI64(bytes: Uint8Array, at = 0): bigint {
  for (let i = 0; i < 8; i++) scratch[i] = bytes[at + i] as number;
  scratch[0] = (scratch[0] as number) ^ 0x80;
  return scratchView.getBigInt64(0);
}

/** What `putOrderedI64` writes for a whole number of 0 … 2^53-1. */
export function putOrderedWhole(out: Uint8Array, at: number, value: number): void {
  putU32(out, at, Math.floor(value / U32) | 0);
  out[at] = (out[at] as number) | 0x80;
  putU32(out, at + 4, (value % U32) | 0);
}

export function readOrderedWhole(bytes: Uint8Array, at: number): number {
  return (readU32(bytes, at) & 0x7fffffff) * U32 + readU32(bytes, at + 4);
}

export function putU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

export function readU32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
  return (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}

const U32 = 2 ** 32;
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
