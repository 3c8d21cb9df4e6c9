import { parseGoDuration } from '@dkron/cron';
import { messageOf } from '@dkron/runtime';
import type { Flag } from './flag.ts';

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const INTEGER = /^[+-]?(\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/;
const UINT16_MAX = 65_535n;
const INT_MAX = 2n ** 63n - 1n;

/** @returns undefined when the text is no boolean of the original */
export function parseBool(text: string): boolean | undefined {
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}

/** @returns undefined when the text is no integer in decimal, hexadecimal, octal or binary form */
export function parseInteger(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '');
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return negative ? -value : value;
}

/** @returns what is wrong with the value of a flag, in the original's words; undefined = nothing */
export function flagProblem(flag: Flag, text: string): string | undefined {
  const reason = reasonOf(flag.type, text);
  if (reason === undefined) return undefined;
  const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
  return `invalid argument ${JSON.stringify(text)} for "${name}" flag: ${reason}`;
}

export function allowedFor(type: Flag['type']): string {
  switch (type) {
    case 'bool':
      return 'true or false';
    case 'int':
      return 'a whole number';
    case 'uint16':
      return 'a whole number from 0 to 65535';
    case 'duration':
      return 'a duration such as 10s or 1m30s';
    case 'string':
    case 'strings':
      return 'a text';
  }
}

function reasonOf(type: Flag['type'], text: string): string | undefined {
  const quoted = JSON.stringify(text);
  switch (type) {
    case 'bool':
      return parseBool(text) === undefined ? `strconv.ParseBool: parsing ${quoted}: invalid syntax` : undefined;
    case 'int':
      return rangeReason('strconv.ParseInt', text, -INT_MAX - 1n, INT_MAX);
    case 'uint16':
      return rangeReason('strconv.ParseUint', text, 0n, UINT16_MAX);
    case 'duration':
      return durationReason(text);
    case 'string':
    case 'strings':
      return undefined;
  }
}

function rangeReason(parser: string, text: string, least: bigint, most: bigint): string | undefined {
  const value = parseInteger(text);
  const signed = least === 0n && /^[+-]/.test(text);
  if (value === undefined || signed) return `${parser}: parsing ${JSON.stringify(text)}: invalid syntax`;
  const outside = value < least || value > most;
  return outside ? `${parser}: parsing ${JSON.stringify(text)}: value out of range` : undefined;
}

/** @returns the original's words for a text that is no duration; undefined = it is one */
export function durationReason(text: string): string | undefined {
  try {
    parseGoDuration(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Values of one flag text with commas; a value with a comma is put in double quotes, two of which stand for one. */
export function splitList(text: string): string[] {
  if (text === '') return [];
  const values: string[] = [];
  for (const match of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    values.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
  }
  return values;
}
