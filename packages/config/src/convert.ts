import { parseGoDuration } from '@dkron/cron';
import { durationReason, parseBool, parseInteger, splitList } from './flags/flag-value.ts';
import { DURATION_MAX, type Setting, type TextCheck } from './schema/setting.ts';
import type { Value } from './schema/index.ts';
import { parseSize } from './size.ts';

/** What a file, a variable or a flag can hold; flags and variables are texts, repeated flags arrays. */
export type RawValue = string | number | bigint | boolean | readonly RawValue[] | { readonly [key: string]: RawValue };

export type Converted =
  | { readonly value: Value }
  | {
      /** What would be allowed. */
      readonly allowed: string;
      /** The original's words after the key, where it has some. */
      readonly original?: string;
    };

const NANOS_PER_MS = 1_000_000n;

/** Reads a value for a setting. Texts are taken for numbers and booleans, numbers for texts, as the original does. */
export function convert(setting: Setting, raw: RawValue): Converted {
  switch (setting.kind) {
    case 'bool':
      return toBool(raw);
    case 'int':
      return toInt(raw, setting.min, setting.max);
    case 'duration':
      return toDuration(raw, setting.min ?? '0s', setting.max ?? DURATION_MAX);
    case 'size':
      return toSize(raw, setting.min);
    case 'text':
    case 'address':
    case 'choice':
      return toText(raw, setting.kind === 'text' ? setting.check : undefined, setting);
    case 'list':
      return toList(raw, setting.check);
    case 'tags':
      return toTags(raw);
  }
}

function toBool(raw: RawValue): Converted {
  if (typeof raw === 'boolean') return { value: raw };
  if (typeof raw === 'number' || typeof raw === 'bigint') return { value: Number(raw) !== 0 };
  const value = raw === '' ? false : typeof raw === 'string' ? parseBool(raw) : undefined;
  if (value !== undefined) return { value };
  return { allowed: 'true or false', original: "cannot parse value as 'bool': strconv.ParseBool: invalid syntax" };
}

function toInt(raw: RawValue, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Converted {
  const value = integerOf(raw);
  const range =
    min === Number.MIN_SAFE_INTEGER ? '' : max === Number.MAX_SAFE_INTEGER ? ` ≥ ${min}` : ` from ${min} to ${max}`;
  if (value === undefined) {
    const original = "cannot parse value as 'int': strconv.ParseInt: invalid syntax";
    return { allowed: `a whole number${range}`, original };
  }
  return value >= min && value <= max ? { value: Number(value) } : { allowed: `a whole number${range}` };
}

function integerOf(raw: RawValue): bigint | number | undefined {
  if (typeof raw === 'boolean') return raw ? 1 : 0;
  if (typeof raw === 'bigint') return raw;
  if (typeof raw === 'number') return Number.isInteger(raw) ? raw : undefined;
  return typeof raw === 'string' ? (raw === '' ? 0 : parseInteger(raw)) : undefined;
}

function toDuration(raw: RawValue, min: string, max: string): Converted {
  const allowed = 'a duration such as 10s or 1m30s';
  if (typeof raw !== 'string') return { allowed };
  const reason = durationReason(raw);
  if (reason !== undefined) return { allowed, original: reason.replace(/ "[^"]*"$/, '') };
  const nanos = parseGoDuration(raw);
  return nanos < parseGoDuration(min) || nanos > parseGoDuration(max)
    ? { allowed: `${allowed}, from ${min} to ${max}` }
    : { value: Number(nanos / NANOS_PER_MS) };
}

function toSize(raw: RawValue, min: number): Converted {
  const text = typeof raw === 'string' ? raw : typeof raw === 'number' || typeof raw === 'bigint' ? String(raw) : '';
  const bytes = parseSize(text);
  const value = bytes !== undefined && bytes >= min ? bytes : undefined;
  return value === undefined ? { allowed: `a size such as 1048576, 512KiB or 1MiB, ≥ ${min}` } : { value };
}

function textOf(raw: RawValue): string | undefined {
  if (typeof raw === 'string') return raw;
  if (typeof raw === 'boolean') return raw ? '1' : '0';
  return typeof raw === 'number' || typeof raw === 'bigint' ? String(raw) : undefined;
}

function toText(raw: RawValue, check: TextCheck | undefined, setting: Setting): Converted {
  const value = textOf(raw);
  if (value === undefined) return { allowed: 'a text' };
  if (setting.kind === 'choice' && !setting.choices.includes(value.toLowerCase())) {
    return { allowed: setting.choices.join(', ') };
  }
  const allowed = check?.(value);
  if (allowed !== undefined) return { allowed };
  return { value: setting.kind === 'choice' ? value.toLowerCase() : value };
}

function toList(raw: RawValue, check: TextCheck | undefined): Converted {
  const items = Array.isArray(raw) ? (raw as readonly RawValue[]).map(textOf) : listOf(raw);
  const value = items.filter((item) => item !== undefined);
  if (value.length !== items.length) return { allowed: 'a list of texts' };
  const wrong = value.map((item) => check?.(item)).find((allowed) => allowed !== undefined);
  return wrong === undefined ? { value } : { allowed: `a list of: ${wrong}` };
}

function listOf(raw: RawValue): (string | undefined)[] {
  const text = textOf(raw);
  return text === undefined ? [undefined] : splitList(text);
}

function toTags(raw: RawValue): Converted {
  const tags = new Map<string, string>();
  if (Array.isArray(raw)) {
    for (const item of raw as readonly RawValue[]) {
      const text = textOf(item) ?? '';
      const at = text.indexOf('=');
      if (at < 1) return { allowed: 'key=value', original: `invalid tag: '${text}'` };
      tags.set(text.slice(0, at), text.slice(at + 1));
    }
    return { value: Object.fromEntries(tags) };
  }
  if (typeof raw !== 'object') return { allowed: 'a map of texts' };
  for (const [key, item] of Object.entries(raw)) {
    const text = textOf(item);
    if (text === undefined || key === '') return { allowed: 'a map of texts' };
    tags.set(key, text);
  }
  return { value: Object.fromEntries(tags) };
}
