/** Bytes of a text as UTF-8; lone surrogates are replaced. This layer knows no encoder of a platform. */
export function utf8Bytes(text: string): number[] {
  const bytes: number[] = [];
  for (const char of text.toWellFormed()) bytes.push(...charBytes(char.codePointAt(0) ?? 0));
  return bytes;
}

/** What a slice of bytes leaves of a text; a character that is cut becomes U+FFFD. */
export function sliceBytes(text: string, begin: number, end: number): string {
  let kept = '';
  let at = 0;
  for (const char of text.toWellFormed()) {
    const next = at + charBytes(char.codePointAt(0) ?? 0).length;
    if (at >= begin && next <= end) kept += char;
    else if (next > begin && at < end) kept += '\ufffd';
    at = next;
  }
  return kept;
}

function charBytes(code: number): number[] {
  if (code < 0x80) return [code];
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}
