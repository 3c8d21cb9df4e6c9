import { formatGoDuration } from '@dkron/cron';
import { REDACTED, withoutCredentials } from '@dkron/runtime';
import type { RawValue } from './convert.ts';
import { SETTINGS, type SettingKey, type Value } from './schema/index.ts';

/** A value as it was given, for messages: no secrets, and no credentials inside other texts. */
export function shownRaw(key: SettingKey, raw: RawValue): string {
  return withoutSecrets(key, raw);
}

/** The same of a value that was read. */
export function shownValue(key: SettingKey, value: Value): string {
  return withoutSecrets(key, SETTINGS[key].kind === 'duration' ? durationText(Number(value)) : value);
}

/** Milliseconds as one would type them. */
export function durationText(ms: number): string {
  return formatGoDuration(BigInt(ms) * 1_000_000n);
}

function withoutSecrets(key: SettingKey, value: RawValue): string {
  const { secret } = SETTINGS[key];
  if (secret === undefined || value === '') return textOf(value);
  return secret === 'path' && typeof value === 'string' && URL.canParse(value) ? hostOf(new URL(value)) : REDACTED;
}

function textOf(value: RawValue): string {
  return typeof value === 'string' ? withoutCredentials(value) : JSON.stringify(value, withoutCredentialsInside);
}

function withoutCredentialsInside(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : typeof value === 'string' ? withoutCredentials(value) : value;
}

/** The rest of the address of a webhook is often all the permission it needs. */
function hostOf({ protocol, host }: URL): string {
  return host === '' ? REDACTED : `${protocol}//${host}/${REDACTED}`;
}
