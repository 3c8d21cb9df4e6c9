const REPLACEMENT = 0xfffd;
const CHUNK = 4096;
const SHORT_BYTES_MAX = 64;
/** Where the codes of a short text are gathered, by their number: an array made for each text cost more than the text. */
const SHORT_CODES: number[][] = [];

/** Text to UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at);
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const whole = text.codePointAt(at) ?? REPLACEMENT;
      code = whole > 0xffff ? whole : REPLACEMENT;
      if (whole > 0xffff) at += 1;
    }
    if (code < 0x800) {
      bytes[length++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x10000) {
        bytes[length++] = 0xe0 | (code >> 12);
      } else {
        bytes[length++] = 0xf0 | (code >> 18);
        bytes[length++] = 0x80 | ((code >> 12) & 0x3f);
      }
      bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[length++] = 0x80 | (code & 0x3f);
  }
  return bytes.subarray(0, length);
}

/**
 * UTF-8 to text. Every byte that is no part of a valid sequence becomes one U+FFFD, as in Go (browsers join some).
 *
 * @param from first byte. Default 0
 * @param to behind the last byte. Default all
 */
export function decodeUtf8(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  // Most texts are short and ASCII.
  const short = to - from <= SHORT_BYTES_MAX ? shortAscii(bytes, from, to) : undefined;
  if (short !== undefined) return short;
  let text = '';
  for (let at = from; at < to;) {
    const codes = asciiCodes(bytes, at, to);
    if (codes.length === 0) return text + decodeAny(bytes, at, to);
    text += String.fromCharCode(...codes);
    at += codes.length;
  }
  return text;
}

/** Undefined when something is not ASCII. */
function shortAscii(bytes: Uint8Array, from: number, to: number): string | undefined {
  const length = to - from;
  const codes = (SHORT_CODES[length] ??= Array.from({ length }, () => 0));
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[from + index] ?? 0;
    if (byte > 0x7f) return undefined;
    codes[index] = byte;
  }
  return String.fromCharCode(...codes);
}

/** The bytes from `at` on up to the first that is not ASCII, at most a chunk of them. */
function asciiCodes(bytes: Uint8Array, at: number, to: number): number[] {
  const length = Math.min(to - at, CHUNK);
  const codes: number[] = [];
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte > 0x7f) break;
    codes.push(byte);
  }
  return codes;
}

function decodeAny(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  const points: number[] = [];
  for (let at = from; at < to;) {
    const size = sequenceLength(bytes, at, to);
    points.push(size === 0 ? REPLACEMENT : codePoint(bytes, at, size));
    at += size === 0 ? 1 : size;
    if (points.length === CHUNK) text += String.fromCodePoint(...points.splice(0));
  }
  return text + String.fromCodePoint(...points);
}

/** Bytes of the valid sequence at `at` that ends before `to`; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > to) return 0;
  for (let index = 1; index < size; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  // Overlong forms, surrogates, beyond U+10FFFF.
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return size;
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  const lead = bytes[at] ?? 0;
  if (size === 1) return lead;
  let code = lead & (0x7f >> size);
  for (let index = 1; index < size; index += 1) code = (code << 6) | ((bytes[at + index] ?? 0) & 0x3f);
  return code;
}
