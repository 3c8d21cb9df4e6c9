import { checkTimezone, parseGoDuration } from '@dkron/cron';
import { settingError } from '../errors.ts';

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};
const LOG_LEVELS = { debug: 'debug', info: 'info', warn: 'warn', warning: 'warn', error: 'error' } as const;

/** `source` names the flag or variable in errors. All throw CommandError. */
export function readBool(source: string, text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw settingError(source, text, 'true or false');
}

export function readInt(source: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  throw settingError(source, text, `a whole number from 0 to ${most}`);
}

/** @returns milliseconds */
export function readDurationMs(source: string, text: string): number {
  let nanos = -1n;
  try {
    nanos = parseGoDuration(text);
  } catch {
    // Reported below.
  }
  if (nanos < 0n) throw settingError(source, text, 'a duration such as 10s or 1m30s');
  return Number(nanos / 1_000_000n);
}

/** @returns bytes */
export function readSize(source: string, text: string): number {
  const match = /^(\d+)([a-z]*)$/i.exec(text);
  const factor = SIZE_UNITS[(match?.[2] ?? '?').toLowerCase()];
  const bytes = Number(match?.[1]) * (factor ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw settingError(source, text, 'a size such as 1048576, 512KiB or 1MiB');
}

export function readTags(source: string, texts: readonly string[]): Record<string, string> {
  const tags = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw settingError(source, text, 'key=value');
    tags.set(text.slice(0, at), text.slice(at + 1));
  }
  return Object.fromEntries(tags);
}

export function readLogLevel(source: string, text: string): 'debug' | 'info' | 'warn' | 'error' {
  const key = text.toLowerCase();
  if (Object.hasOwn(LOG_LEVELS, key)) return LOG_LEVELS[key as keyof typeof LOG_LEVELS];
  throw settingError(source, text, 'debug, info, warn or error');
}

export function readLogFormat(source: string, text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw settingError(source, text, 'text or json');
}

export function readZone(source: string, text: string): string {
  if (checkTimezone(text) === undefined) return text;
  throw settingError(source, text, 'an IANA zone such as Europe/Berlin');
}
