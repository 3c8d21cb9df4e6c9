const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) {
    length += part.length;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** One character per byte, so that text order is byte order. */
export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** 8 bytes, big end first; negative numbers sort before others. */
export function orderedI64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value ^ SIGN));
  return out;
}

export function readOrderedI64(bytes: Uint8Array, at = 0): bigint {
  return BigInt.asIntN(64, viewOf(bytes).getBigUint64(at) ^ SIGN);
}

const SIGN = 1n << 63n;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
