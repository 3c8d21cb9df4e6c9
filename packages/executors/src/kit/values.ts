import { parseGoBool } from '../go-text.ts';
import { AttemptError } from './limited-attempt.ts';

/** Longest limit in seconds that a key may ask for: what the timers of the platform can wait. */
const SECONDS_MAX = 2_147_483;

/**
 * Milliseconds of a number of seconds; 0 = no limit.
 *
 * @throws AttemptError with the given text
 */
export function secondsToMs(text: string | undefined, defaultSeconds: number, errorText: string): number {
  if (text === undefined || text === '') return defaultSeconds * 1_000;
  if (!/^\+?[0-9]{1,9}$/.test(text)) throw new AttemptError(errorText);
  return Math.min(SECONDS_MAX, Number(text)) * 1_000;
}

/** True only for a word that says so. */
export function isSet(text: string | undefined): boolean {
  return parseGoBool(text ?? '') ?? false;
}

/**
 * Names and values of a JSON list of `"Name: value"` or of a JSON object of texts; empty = none. Lines are cut at their first
 * colon.
 *
 * @throws AttemptError with the given text
 */
export function readHeaders(text: string | undefined, errorText: string): [name: string, value: string][] {
  if (!text) return [];
  const headers = headersOf(text);
  if (headers === undefined) throw new AttemptError(errorText);
  return headers;
}

function headersOf(text: string): [string, string][] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(parsed)) {
    const pairs = parsed.map((line: unknown) => (typeof line === 'string' ? cut(line) : undefined));
    return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const entries = Object.entries(parsed as Record<string, unknown>);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? entries : undefined;
}

function cut(line: string): [string, string] | undefined {
  const at = line.indexOf(':');
  const name = line.slice(0, Math.max(0, at)).trim();
  return name === '' ? undefined : [name, line.slice(at + 1).trim()];
}
