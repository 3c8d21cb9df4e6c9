/** A part of an address as it is meant; as it is, where its escapes are not those of UTF-8. */
export function percentDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
