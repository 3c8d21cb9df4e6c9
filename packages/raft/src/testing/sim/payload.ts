const HEADER_BYTES = 4;

/** Bytes that carry the number of a client's operation, followed by `padding` bytes. */
export function payloadOf(operation: number, padding: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + padding);
  bytes[0] = operation & 255;
  bytes[1] = (operation >> 8) & 255;
  bytes[2] = (operation >> 16) & 255;
  bytes[3] = (operation >> 24) & 255;
  return bytes;
}

/** The number in a payload; 0 if there is none. */
export function operationIn(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) return 0;
  return bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
}
