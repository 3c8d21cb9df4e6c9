/** A value to be written: `members` keeps the order of an object's keys. */
export type GoJson = string | number | bigint | boolean | null | readonly GoJson[] | GoObject;

/** An object to be written, its members in the order given. */
export interface GoObject {
  readonly members: readonly (readonly [key: string, value: GoJson])[];
}

const INDENT = '    ';
const SPECIAL = /[\u0000-\u001f"\\<>&\u2028\u2029]/;
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
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return SPECIAL.test(whole) ? `"${whole.replaceAll(SPECIAL_ALL, escapeChar)}"` : `"${whole}"`;
}

/** An object whose keys stand as given. */
export function ordered(...members: readonly (readonly [key: string, value: GoJson])[]): GoObject {
  return { members };
}

/** An object whose keys are sorted by their UTF-8 bytes, as Go writes maps; null stays null. */
export function sortedMap(map: Readonly<Record<string, GoJson>> | null): GoObject | null {
  if (map === null) return null;
  const members = Object.entries(map).map(([key, value]) => [key.toWellFormed(), value] as const);
  return { members: members.toSorted((a, b) => compareUtf8(a[0], b[0])) };
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
  if ('members' in value) {
    const colon = newline === '' ? ':' : ': ';
    const inner = deeper(newline);
    const parts = value.members.map(([key, item]) => `${goJsonString(key)}${colon}${write(item, inner)}`);
    return enclose('{', parts, '}', newline);
  }
  const inner = deeper(newline);
  return enclose(
    '[',
    value.map((item) => write(item, inner)),
    ']',
    newline,
  );
}

function deeper(newline: string): string {
  return newline === '' ? '' : newline + INDENT;
}

function enclose(open: string, parts: readonly string[], close: string, newline: string): string {
  if (parts.length === 0) return open + close;
  return open + deeper(newline) + parts.join(`,${deeper(newline)}`) + newline + close;
}
