import type { MapValue } from './field-reader.ts';
import { compareUtf8 } from './go-json.ts';
import { encodeUtf8 } from './utf8.ts';

const INITIAL_BYTES = 4096;
/** A buffer above this size is let go after use, so that one huge text does not stay in memory. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** The longest that one unit of a string becomes: `\u001f`. */
const UNIT_BYTES_MAX = 6;
const QUOTE = 0x22;
const HEX = '0123456789abcdef';
/** `"` `&` `<` `>` `\` and U+2028, U+2029 apart, what is escaped lies below. */
const SPACE = 0x20;
const SHORT: Readonly<Record<number, string>> = {
  [0x08]: String.raw`\b`,
  [0x09]: String.raw`\t`,
  [0x0a]: String.raw`\n`,
  [0x0c]: String.raw`\f`,
  [0x0d]: String.raw`\r`,
  [0x22]: String.raw`\"`,
  [0x5c]: '\\\\',
};

/**
 * Writes JSON as UTF-8, the bytes of `writeGoJson`, into one buffer that it keeps: a text made of hundreds of parts costs
 * twice as much, and ten times the memory.
 */
export class JsonBytes {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #at = 0;

  /** What was written, valid until the next call; the writer starts anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = new Uint8Array(INITIAL_BYTES);
    return taken;
  }

  /** As it stands; of ours, and short. */
  raw(ascii: Uint8Array): void {
    this.#reserve(ascii.length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < ascii.length; i += 1) bytes[at++] = ascii[i] as number;
    this.#at = at;
  }

  integer(value: bigint): void {
    if (value >= 0n && value <= 9n) this.#byte(0x30 + Number(value));
    else this.#ascii(String(value));
  }

  bool(value: boolean): void {
    this.#ascii(value ? 'true' : 'false');
  }

  /** Null as such. */
  nullable(text: string | null): void {
    if (text === null) this.#ascii('null');
    else this.string(text);
  }

  string(text: string): void {
    this.#reserve(text.length * UNIT_BYTES_MAX + 2);
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (isUnusual(unit)) {
        this.#unusual(text, i, at);
        return;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.#at = at;
  }

  strings(items: readonly string[] | null): void {
    if (items === null) return this.#ascii('null');
    this.#byte(0x5b);
    for (let i = 0; i < items.length; i += 1) {
      if (i > 0) this.#byte(0x2c);
      this.string(items[i] as string);
    }
    this.#byte(0x5d);
  }

  /** Keys in order of their UTF-8 bytes. */
  map(map: MapValue): void {
    this.#object(map, (value) => this.string(value));
  }

  maps(maps: Readonly<Record<string, MapValue>> | null): void {
    this.#object(maps, (value) => this.map(value));
  }

  #object<T>(map: Readonly<Record<string, T>> | null, write: (value: T) => void): void {
    if (map === null) return this.#ascii('null');
    const keys = Object.keys(map);
    if (keys.length > 1) keys.sort(byWellFormed);
    this.#byte(0x7b);
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] as string;
      if (i > 0) this.#byte(0x2c);
      this.string(key);
      this.#byte(0x3a);
      write(map[key] as T);
    }
    this.#byte(0x7d);
  }

  /** The rest of a string from its first unit that does not stand for itself; there is room for it. */
  #unusual(text: string, from: number, start: number): void {
    const bytes = this.#bytes;
    let at = start;
    for (let i = from; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      const escape = escapeOf(unit);
      if (escape !== undefined) {
        for (let k = 0; k < escape.length; k += 1) bytes[at++] = escape.charCodeAt(k);
      } else if (unit < 0x80) bytes[at++] = unit;
      else {
        const isPair = isPairAt(text, i);
        const encoded = encodeUtf8(text.slice(i, isPair ? i + 2 : i + 1));
        for (let k = 0; k < encoded.length; k += 1) bytes[at++] = encoded[k] as number;
        if (isPair) i += 1;
      }
    }
    bytes[at++] = QUOTE;
    this.#at = at;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i += 1) this.#bytes[this.#at++] = text.charCodeAt(i);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** `"`, `&`, `<`, `>`, `\` and whatever is no printable ASCII. */
function isUnusual(unit: number): boolean {
  return (
    unit < SPACE || unit > 0x7e || unit === QUOTE || unit === 0x26 || unit === 0x3c || unit === 0x3e || unit === 0x5c
  );
}

/** Undefined for a unit that is written as it is. */
function escapeOf(unit: number): string | undefined {
  const short = SHORT[unit];
  if (short !== undefined) return short;
  if (unit === 0x2028 || unit === 0x2029) return String.raw`\u${unit.toString(16)}`;
  const escaped = unit < SPACE || unit === 0x26 || unit === 0x3c || unit === 0x3e;
  return escaped ? String.raw`\u00${HEX.charAt(unit >> 4)}${HEX.charAt(unit & 15)}` : undefined;
}

function isPairAt(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

function byWellFormed(left: string, right: string): number {
  return compareUtf8(left.toWellFormed(), right.toWellFormed());
}
