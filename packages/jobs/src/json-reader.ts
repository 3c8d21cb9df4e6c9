import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** A JSON value as read: numbers keep their text, objects keep order and duplicate keys; `values[i]` is that of `keys[i]`. */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly keys: readonly string[]; readonly values: readonly JsonNode[] };

/** Arrays and objects inside one another beyond this are a syntax error. */
export const JSON_DEPTH_MAX = 1_000;

/** Text that is no JSON. `message` is the wording of the original's decoder. */
export class JsonSyntaxError extends Error {
  /** 1-based byte position; null when the text ended too early. */
  readonly column: number | null;

  constructor(message: string, column: number | null) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.column = column;
  }
}

const NULL: JsonNode = { kind: 'null' };
const TRUE: JsonNode = { kind: 'bool', value: true };
const FALSE: JsonNode = { kind: 'bool', value: false };
const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

/** How much of the text must be JSON. */
export interface ReadJsonOptions {
  /** Refuse anything but white space after the first value. Default false: the rest is ignored. */
  readonly strict?: boolean;
}

/**
 * Reads the first JSON value of a text. Works on bytes, because errors quote the byte that did not fit. Invalid UTF-8
 * and lone surrogates become U+FFFD.
 *
 * @throws JsonSyntaxError
 */
export function readJson(text: string | Uint8Array, options: ReadJsonOptions = {}): JsonNode {
  const reader = new JsonReader(typeof text === 'string' ? encodeUtf8(text) : text);
  const value = reader.document();
  if (options.strict === true) reader.end();
  return value;
}

/**
 * Reads the items of a text that is one array, each only when it is asked for, so that a large one is never in memory as
 * a whole. Nothing may follow the array.
 *
 * @returns the kind of the text's value; one that is no array is read and has no items
 * @throws JsonSyntaxError
 */
export function* readJsonItems(text: string | Uint8Array): Generator<JsonNode, JsonNode['kind']> {
  const reader = new JsonReader(typeof text === 'string' ? encodeUtf8(text) : text);
  const kind = yield* reader.items();
  reader.end();
  return kind;
}

class JsonReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): JsonNode {
    if (this.#skip() === undefined) throw new JsonSyntaxError('EOF', null);
    return this.#value('looking for beginning of value');
  }

  *items(): Generator<JsonNode, JsonNode['kind']> {
    if (this.#skip() !== 0x5b) return this.document().kind;
    this.#enter();
    if (this.#skip() !== 0x5d) {
      do yield this.#value('looking for beginning of value');
      while (this.#isFollowedByItem());
    }
    this.#leave();
    return 'array';
  }

  end(): void {
    if (this.#skip() !== undefined) throw this.#unexpected('after top-level value');
  }

  /** Passes white space. Returns the byte there, undefined at the end. */
  #skip(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at += 1;
    }
  }

  #unexpected(context: string): JsonSyntaxError {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return new JsonSyntaxError('unexpected EOF', null);
    return new JsonSyntaxError(`invalid character ${quoteByte(byte)} ${context}`, this.#at + 1);
  }

  #value(context: string): JsonNode {
    switch (this.#skip()) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return { kind: 'string', value: this.#string() };
      case 0x74:
        return this.#literal('true', TRUE);
      case 0x66:
        return this.#literal('false', FALSE);
      case 0x6e:
        return this.#literal('null', NULL);
      default:
        return this.#number(context);
    }
  }

  #enter(): void {
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > JSON_DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth', this.#at);
  }

  #leave(): void {
    this.#at += 1;
    this.#depth -= 1;
  }

  #object(): JsonNode {
    this.#enter();
    if (this.#skip() === 0x7d) {
      this.#leave();
      return { kind: 'object', keys: [], values: [] };
    }
    // Most objects have one member: a list that is pushed to makes room for 17.
    const keys = [this.#key()];
    const values = [this.#value('looking for beginning of value')];
    for (;;) {
      if (this.#skip() === 0x7d) {
        this.#leave();
        return { kind: 'object', keys, values };
      }
      if (this.#bytes[this.#at] !== 0x2c) throw this.#unexpected('after object key:value pair');
      this.#at += 1;
      keys.push(this.#key());
      values.push(this.#value('looking for beginning of value'));
    }
  }

  /** With the colon. */
  #key(): string {
    if (this.#skip() !== 0x22) throw this.#unexpected('looking for beginning of object key string');
    const key = this.#string();
    if (this.#skip() !== 0x3a) throw this.#unexpected('after object key');
    this.#at += 1;
    return key;
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    this.#enter();
    if (this.#skip() === 0x5d) {
      this.#leave();
      return { kind: 'array', items };
    }
    do items.push(this.#value('looking for beginning of value'));
    while (this.#isFollowedByItem());
    this.#leave();
    return { kind: 'array', items };
  }

  /** After an item: passes the comma, or stays before the end of the array. */
  #isFollowedByItem(): boolean {
    if (this.#skip() === 0x5d) return false;
    if (this.#bytes[this.#at] !== 0x2c) throw this.#unexpected('after array element');
    this.#at += 1;
    return true;
  }

  #literal(word: string, value: JsonNode): JsonNode {
    for (let index = 1; index < word.length; index += 1) {
      this.#at += 1;
      const expected = word[index] ?? '';
      if (this.#bytes[this.#at] !== expected.charCodeAt(0)) {
        throw this.#unexpected(`in literal ${word} (expecting '${expected}')`);
      }
    }
    this.#at += 1;
    return value;
  }

  #number(context: string): JsonNode {
    const start = this.#at;
    if (this.#bytes[this.#at] === 0x2d) {
      this.#at += 1;
      if (!isDigit(this.#bytes[this.#at])) throw this.#unexpected('in numeric literal');
    } else if (!isDigit(this.#bytes[this.#at])) {
      throw this.#unexpected(context);
    }
    if (this.#bytes[this.#at] === 0x30) this.#at += 1;
    else this.#digits();
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at += 1;
      if (!isDigit(this.#bytes[this.#at])) throw this.#unexpected('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#bytes[this.#at] === 0x65 || this.#bytes[this.#at] === 0x45) {
      this.#at += 1;
      if (this.#bytes[this.#at] === 0x2b || this.#bytes[this.#at] === 0x2d) this.#at += 1;
      if (!isDigit(this.#bytes[this.#at])) throw this.#unexpected('in exponent of numeric literal');
      this.#digits();
    }
    return { kind: 'number', text: decodeUtf8(this.#bytes, start, this.#at) };
  }

  #digits(): void {
    while (isDigit(this.#bytes[this.#at])) this.#at += 1;
  }

  #string(): string {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    let text = '';
    let escaped = false;
    let start = at;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined || byte < 0x20) {
        this.#at = at;
        throw this.#unexpected('in string literal');
      }
      if (byte !== 0x22 && byte !== 0x5c) {
        at += 1;
        continue;
      }
      const part = decodeUtf8(bytes, start, at);
      this.#at = at + 1;
      if (byte === 0x22 && !escaped) return part;
      text += part;
      // Escapes alone can bring lone surrogates.
      if (byte === 0x22) return text.toWellFormed();
      escaped = true;
      text += this.#escape();
      at = this.#at;
      start = at;
    }
  }

  #escape(): string {
    const byte = this.#bytes[this.#at];
    if (byte === 0x75) return this.#unicodeEscape();
    const char = byte === undefined ? undefined : ESCAPES.get(byte);
    if (char === undefined) throw this.#unexpected('in string escape code');
    this.#at += 1;
    return char;
  }

  #unicodeEscape(): string {
    let digits = '';
    for (let count = 0; count < 4; count += 1) {
      this.#at += 1;
      const char = String.fromCharCode(this.#bytes[this.#at] ?? 0);
      if (!/[0-9a-fA-F]/.test(char)) throw this.#unexpected('in \\u hexadecimal character escape');
      digits += char;
    }
    this.#at += 1;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

const BYTE_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

/** A byte in quotes as the original shows it: Latin-1, escaped when it cannot be printed. */
function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  const short = BYTE_ESCAPES.get(byte);
  if (short !== undefined) return `'${short}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  // Not printable, or space-like, in Latin-1.
  if ((byte > 0x7f && byte <= 0xa0) || byte === 0xad) return `'\\u00${byte.toString(16)}'`;
  return `'${String.fromCharCode(byte)}'`;
}
