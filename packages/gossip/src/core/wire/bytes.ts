/**
 * The same memory as a plain array of bytes. Node's `Buffer` is one too, but its `slice` does not copy, and code that
 * sees both kinds is slower.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
