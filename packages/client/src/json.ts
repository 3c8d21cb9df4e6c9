/** JSON of the API: integers beyond 2^53 are bigint, and `group` always is. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [key: string]: JsonValue };

/** Keys whose numbers are nanoseconds: bigint whatever their size, so that their type does not depend on the value. */
const BIG_KEYS: ReadonlySet<string> = new Set(['group']);

/** Only texts that match can hold an integer that needs care; the others are read the fast way. */
const NEEDS_CARE = /\d{16}|"group"/;

const INTEGER = /^-?\d+$/;

/**
 * Reads an answer with exact integers.
 *
 * @throws SyntaxError when the text is no JSON, or holds such an integer and the engine does not tell its digits
 */
export function decodeJson(text: string): JsonValue {
  return JSON.parse(text, NEEDS_CARE.test(text) ? revive : undefined) as JsonValue;
}

/** `context` is newer than the types of the standard library: the text that a value was read from. */
function revive(key: string, value: unknown, ...[context]: readonly unknown[]): unknown {
  if (typeof value !== 'number') return value;
  const big = BIG_KEYS.has(key);
  if (Number.isSafeInteger(value)) return big ? BigInt(value) : value;
  const source = (context as { readonly source?: string } | undefined)?.source;
  if (source === undefined) throw new SyntaxError(`this engine cannot read the 64-bit integer of "${key}" exactly`);
  return INTEGER.test(source) ? BigInt(source) : value;
}

/** JSON with exact integers; members that are undefined are left out. */
export function encodeJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(',')}]`;
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    const members = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${encodeJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
