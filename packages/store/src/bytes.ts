const decoder = new TextDecoder();

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/*
 * Keys and small values are cut from Node's buffer pool: an array buffer of its own for each would cost more than what
 * is written into it.
 */
export function toUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

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
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** 8 bytes, big end first; negative numbers sort before others. */
export function orderedI64(value: bigint): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  out.writeBigInt64BE(value);
  // Negative numbers first: the sign bit is turned over.
  out[0] = (out[0] as number) ^ 0x80;
  return out;
}

export function readOrderedI64(bytes: Uint8Array, at = 0): bigint {
  return BigInt.asIntN(64, viewOf(bytes).getBigUint64(at) ^ SIGN);
}

const SIGN = 1n << 63n;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
