/** Query parameters read as the original reads them: the first value of a key counts; odd numbers fall back. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

export function first(query: Query, key: string): string | undefined {
  const value = query[key];
  return Array.isArray(value) ? value[0] : value;
}

export function has(query: Query, key: string): boolean {
  return query[key] !== undefined;
}

/** `?pretty`, `?pretty=false`: the key alone decides. */
export function pretty(query: Query): boolean {
  return has(query, 'pretty');
}

/** A decimal integer of 64 bits with optional sign, or undefined. */
export function integer64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

/** Decimal integer with optional sign; anything else is `otherwise`. Beyond 2^53 it is cut to the nearest safe integer. */
export function integer(text: string | undefined, otherwise: number): number {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return otherwise;
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(text)));
}

export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** `_start`/`_end` as a slice of a list of any length, as the original reads numbers. */
export function slice(query: Query, defaultEnd: number): Slice {
  const endText = first(query, '_end');
  const end = endText === undefined ? undefined : integer(endText, 0);
  return sliceOf(integer(first(query, '_start'), 0), end, defaultEnd);
}

/** Never reversed; a negative border leaves nothing (G-A2). */
export function sliceOf(start: number, end: number | undefined, defaultEnd: number): Slice {
  if (start < 0) return { start: 0, end: 0 };
  return { start, end: end === undefined ? start + defaultEnd : Math.max(start, end) };
}

/** `metadata[key]=value` pairs; the first value of a key counts. */
export function metadataFilter(query: Query): ReadonlyMap<string, string> {
  const filter = new Map<string, string>();
  for (const key of Object.keys(query)) {
    const match = /^metadata\[([^\]]+)\]$/.exec(key);
    const value = first(query, key);
    if (match && value !== undefined) filter.set(match[1]!, value);
  }
  return filter;
}

/** All values of a repeatable key. */
export function all(query: Query, key: string): readonly string[] {
  const value = query[key];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
