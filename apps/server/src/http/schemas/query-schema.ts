import { parseRfc3339 } from '@dkron/cron';
import { z } from 'zod';
import type { ApiProblem } from '../api-error.ts';
import { ApiError } from '../api-error.ts';
import type { Query } from '../query.ts';
import { first, integer } from '../query.ts';
import { documentedAs } from './documented.ts';

/** In the schemas of queries the message of a finding is what would be allowed. */
const VALUE_CHARACTERS_MAX = 200;
const RFC3339 = 'RFC 3339, e.g. 2026-01-31T08:00:00Z';

/** An instant; nanoseconds since 1970. */
export const instantParameter = documentedAs(
  z.string().transform((text, context) => {
    try {
      return parseRfc3339(text);
    } catch {
      context.addIssue({ code: 'custom', message: RFC3339 });
      return z.NEVER;
    }
  }),
  { type: 'string', format: 'date-time' },
);

/** A whole number in decimal digits. */
export function numberParameter(least: number, most: number): z.ZodType<number, string> {
  const allowed = `a whole number from ${least} to ${most}`;
  const schema = z
    .string()
    .regex(/^\d{1,15}$/, allowed)
    .transform(Number)
    .refine((value) => value >= least && value <= most, allowed);
  return documentedAs(schema, { type: 'integer', minimum: least, maximum: most });
}

/** A border of a page: a whole number, negative ones included. Beyond 2^53 it is cut to the nearest safe integer. */
export const positionParameter = documentedAs(
  z
    .string()
    .regex(/^[+-]?\d+$/, 'a whole number')
    .transform((text) => integer(text, 0)),
  { type: 'integer' },
);

/** A whole number ≥ 0 of 64 bits. */
export const stampParameter = documentedAs(
  z
    .string()
    .regex(/^\d{1,19}$/, 'a whole number')
    .transform(BigInt),
  { type: 'integer', format: 'int64' },
);

export function wordParameter<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, words.join(', '));
}

/**
 * Reads a query of an additive path: the first value of a key counts, an empty one counts as absent, unknown keys are
 * ignored. Throws {@link ApiError} 400 with all findings.
 */
export function readQuery<T extends z.ZodObject>(schema: T, query: Query): z.output<T> {
  const values: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = first(query, key);
    if (value !== undefined && value !== '') values[key] = value;
  }
  const read = schema.safeParse(values);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => problemOf(issue, values));
  throw invalidQuery(problems);
}

function problemOf({ path, message: allowed }: z.core.$ZodIssue, values: Readonly<Record<string, string>>): ApiProblem {
  const field = String(path[0] ?? '');
  const value = values[field];
  const message =
    value === undefined
      ? `${field} is needed: ${allowed}`
      : `${field}: ${cut(value)} is not allowed; allowed: ${allowed}`;
  const shown = value === undefined ? {} : { value: cut(value) };
  return { code: 'invalid_value', message, field, ...shown, allowed, column: null };
}

/** Throws nothing itself. `problems` are at least one. */
export function invalidQuery(problems: readonly ApiProblem[]): ApiError {
  const message = problems[0]?.message ?? 'the query cannot be taken';
  return new ApiError({ status: 400, code: 'invalid_value', message, plain: message, problems });
}

export function cut(value: string): string {
  return value.length <= VALUE_CHARACTERS_MAX ? value : [...value].slice(0, VALUE_CHARACTERS_MAX).join('');
}
