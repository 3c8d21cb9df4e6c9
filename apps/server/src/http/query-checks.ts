import type { ApiError } from './api-error.ts';
import type { Query } from './query.ts';
import { first } from './query.ts';
import { cut, invalidQuery } from './schemas/query-schema.ts';

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/**
 * A parameter of ours that is true or false; the key alone means true. Throws {@link ApiError} 400 for anything else: a
 * typo must not do what was not meant.
 */
export function switched(query: Query, key: string, otherwise: boolean): boolean {
  const text = first(query, key);
  if (text === undefined) return otherwise;
  const value = text === '' ? true : SWITCHES.get(text);
  if (value === undefined) throw invalid(key, text, [...SWITCHES.keys()].join(', '));
  return value;
}

export function invalid(field: string, value: string, allowed: string): ApiError {
  const shown = cut(value);
  const message = `${field}: ${shown} is not allowed; allowed: ${allowed}`;
  return invalidQuery([{ code: 'invalid_value', message, field, value: shown, allowed, column: null }]);
}
