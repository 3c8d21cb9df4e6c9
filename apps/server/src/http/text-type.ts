const SNIFFED_CHARS = 512;
/** Control characters that no text has. */
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

/** The type of an error text, which the original sniffs: a text that quotes control characters counts as binary. */
export function textType(text: string): string {
  return BINARY.test(text.slice(0, SNIFFED_CHARS)) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}
