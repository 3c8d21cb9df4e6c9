const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const QUARTET = 4;

/** A key as key files, configurations and answers to key queries have it: base64. */
export function encodeKey(key: Uint8Array): string {
  return btoa(String.fromCharCode(...key));
}

/** Reverse of {@link encodeKey}; `undefined` for what is no base64 with padding. The length is not checked. */
export function decodeKey(text: string): Uint8Array | undefined {
  if (text.length % QUARTET !== 0 || !BASE64.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return encodeKey(bytes) === text ? bytes : undefined;
}
