import { parseRfc3339 } from '@dkron/cron';
import type { EpochNanos } from '@dkron/runtime';
import { ApiError } from './api-error.ts';
import type { Query } from './query.ts';
import { first } from './query.ts';

/** One of a closed set, or undefined when the key is absent or empty. Throws {@link ApiError} 400 otherwise. */
export function oneOf<T extends string>(query: Query, key: string, allowed: readonly T[]): T | undefined {
  const text = first(query, key);
  if (text === undefined || text === '') return undefined;
  const value = allowed.find((candidate) => candidate === text);
  if (value === undefined) throw invalid(key, text, allowed.join(', '));
  return value;
}

/** An RFC 3339 instant, or undefined when the key is absent or empty. Throws {@link ApiError} 400 otherwise. */
export function instant(query: Query, key: string): EpochNanos | undefined {
  const text = first(query, key);
  if (text === undefined || text === '') return undefined;
  try {
    return parseRfc3339(text);
  } catch {
    throw invalid(key, text, 'RFC 3339, e.g. 2026-01-31T08:00:00Z');
  }
}

/** A decimal integer ≥ 0, or undefined when absent. Throws {@link ApiError} 400 otherwise. */
export function wholeNumber(query: Query, key: string): bigint | undefined {
  const text = first(query, key);
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,19}$/.test(text)) throw invalid(key, text, 'a whole number');
  return BigInt(text);
}

export function invalid(field: string, value: string, allowed: string): ApiError {
  const message = `${field}: ${value} is not allowed; allowed: ${allowed}`;
  const problem = { code: 'invalid_value' as const, message, field, value, allowed, column: null };
  return new ApiError({ status: 400, code: 'invalid_value', message, additive: true, problems: [problem] });
}
