/** A value to be written: `members` keeps the order of an object's keys. */
export type GoJson = string | number | bigint | boolean | null | readonly GoJson[] | GoObject;

/** An object to be written, its members in the order given. */
export interface GoObject {
  readonly members: readonly (readonly [key: string, value: GoJson])[];
  /** The keys are names of ours: nothing in them needs an escape. */
  readonly plainKeys?: boolean;
}

const INDENT = '    ';
/** Surrogates may be lone ones. */
const UNUSUAL = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/;
const SPECIAL_ALL = /[\u0000-\u001f"\\<>&\u2028\u2029]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeChar(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A JSON string as Go's encoder writes it: `<`, `>`, `&`, U+2028, U+2029 escaped, lone surrogates become U+FFFD. */
export function goJsonString(text: string): string {
  return UNUSUAL.test(text) ? `"${text.toWellFormed().replaceAll(SPECIAL_ALL, escapeChar)}"` : `"${text}"`;
}

/** An object whose keys stand as given. They are names of ours, in lower-case letters. */
export function ordered(...members: readonly (readonly [key: string, value: GoJson])[]): GoObject {
  return { members, plainKeys: true };
}

/** An object whose keys are sorted by their UTF-8 bytes, as Go writes maps; null stays null. */
export function sortedMap(map: Readonly<Record<string, GoJson>> | null): GoObject | null {
  if (map === null) return null;
  const members: [key: string, value: GoJson][] = [];
  for (const key of Object.keys(map)) members.push([key.toWellFormed(), map[key] as GoJson]);
  if (members.length > 1) members.sort((a, b) => compareUtf8(a[0], b[0]));
  return { members };
}

/** The order of UTF-8 bytes, which is that of code points (UTF-16 order differs above U+FFFF). */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** How JSON text is laid out. */
export interface WriteOptions {
  /** Indent by four spaces. Default false. */
  readonly pretty?: boolean;
}

/** The bytes Go's `encoding/json` would write for this value, without trailing newline. Integers stay exact. */
export function writeGoJson(value: GoJson, options: WriteOptions = {}): string {
  return write(value, options.pretty === true ? '\n' : '');
}

function write(value: GoJson, newline: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return goJsonString(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is no JSON number`);
  if (typeof value !== 'object') return String(value);
  const inner = newline === '' ? '' : newline + INDENT;
  if ('members' in value) return writeObject(value, newline, inner);
  if (value.length === 0) return '[]';
  let text = '[';
  for (const item of value) text += `${text.length === 1 ? '' : ','}${inner}${write(item, inner)}`;
  return `${text}${newline}]`;
}

function writeObject({ members, plainKeys = false }: GoObject, newline: string, inner: string): string {
  if (members.length === 0) return '{}';
  const colon = newline === '' ? ':' : ': ';
  let text = '{';
  for (const [key, item] of members) {
    if (text.length > 1) text += ',';
    text += inner + (plainKeys ? `"${key}"` : goJsonString(key)) + colon + write(item, inner);
  }
  return `${text}${newline}}`;
}
