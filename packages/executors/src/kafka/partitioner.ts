const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A number whose remainder by the count of partitions is the partition of a key: FNV-1a of 32 bits, read as signed, without
 * its sign. It is what the original's client does, so that keys stay where they are; an empty key has its partition too.
 */
export function partitionHash(key: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (const byte of key) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return Math.abs(hash | 0);
}
