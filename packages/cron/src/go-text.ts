/** Reading and quoting text the way the original does, so that its error messages come out the same. */

/** Unicode White_Space. JavaScript's `\s` lacks U+0085 and has U+FEFF. */
const BLANK = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const BLANK_RUN = new RegExp(`[${BLANK}]+`, 'u');
const BLANK_ENDS = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, 'gu');
const WORD = new RegExp(`[^${BLANK}]+`, 'gu');
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const SHORT_ESCAPES = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
]);

export interface Word {
  readonly text: string;
  /** Offset of the first character in the text that was split. */
  readonly offset: number;
}

export function words(text: string): Word[] {
  return [...text.matchAll(WORD)].map((match) => ({ text: match[0], offset: match.index }));
}

export function trimBlanks(text: string): string {
  return text.replace(BLANK_ENDS, '');
}

export function leadingBlanks(text: string): number {
  const match = BLANK_RUN.exec(text);
  return match?.index === 0 ? match[0].length : 0;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** Double-quoted with escapes for what cannot be printed, by code point. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0xfffd;
    const short = SHORT_ESCAPES.get(code);
    if (short !== undefined) out += short;
    else if (PRINTABLE.test(char)) out += char;
    else if (code < 0x80) out += `\\x${hex(code, 2)}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += '\ufffd';
    else if (code < 0x10000) out += `\\u${hex(code, 4)}`;
    else out += `\\U${hex(code, 8)}`;
  }
  return `${out}"`;
}

/** Double-quoted with every byte outside printable ASCII as `\xNN`; takes a {@link utf8} string. */
export function quoteBytes(bytes: string): string {
  let out = '"';
  for (let i = 0; i < bytes.length; i += 1) {
    const code = bytes.charCodeAt(i);
    if (code === 34 || code === 92) out += `\\${bytes.charAt(i)}`;
    else if (code < 0x20 || code >= 0x80) out += `\\x${hex(code, 2)}`;
    else out += bytes.charAt(i);
  }
  return `${out}"`;
}

/** The text's UTF-8 bytes as a string of characters 0–255. Lone surrogates become U+FFFD. */
export function utf8(text: string): string {
  let out = '';
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0xfffd;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) out += char;
    else if (code < 0x800) out += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000)
      out += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else
      out += String.fromCharCode(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
  }
  return out;
}

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * A signed 64-bit decimal: ASCII digits with an optional sign.
 *
 * @returns the value, or the reason in words when it is no such number
 */
export function parseInt64(text: string): bigint | 'invalid syntax' | 'value out of range' {
  const signed = text.startsWith('-') || text.startsWith('+');
  const digits = signed ? text.slice(1) : text;
  if (digits === '') return 'invalid syntax';
  let value = 0n;
  for (const char of digits) {
    if (char < '0' || char > '9') return 'invalid syntax';
    value = value * 10n + BigInt(char);
    if (value > UINT64_MAX) return 'value out of range';
  }
  if (text.startsWith('-')) return value > INT64_MAX + 1n ? 'value out of range' : -value;
  return value > INT64_MAX ? 'value out of range' : value;
}
