/** Any JSON value; integers beyond 2^53 are bigints. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Parses without losing digits. Throws a SyntaxError as `JSON.parse` does. */
export function parseExact(text: string): Json {
  const exact: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && /^-?\d+$/.test(source ?? '') && !Number.isSafeInteger(value) ? BigInt(source!) : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Json;
}

/** Compact; bigints become bare numbers. */
export function stringifyExact(value: Json): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? rawJSON(String(item)) : item));
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a JSON pointer (`''` = the whole), or undefined. */
export function at(value: Json, pointer: string): Json | undefined {
  let found: Json | undefined = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as { readonly [key: string]: Json })[key];
  }
  return found;
}

/** A copy with the value at a pointer replaced; undefined takes the key away. Missing parents are an error. */
export function withValue(value: Json, pointer: string, replacement: Json | undefined): Json {
  if (pointer === '') return replacement ?? null;
  const copy = structuredClone(value) as Json;
  const cut = pointer.lastIndexOf('/');
  const parent = at(copy, pointer.slice(0, cut)) as Record<string, Json> | undefined;
  if (typeof parent !== 'object' || parent === null) throw new Error(`no value at ${pointer}`);
  const key = pointer.slice(cut + 1);
  if (replacement !== undefined) parent[key] = replacement;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return copy;
}
