import { checkTimezone } from '@dkron/cron';

const KEY_BYTES: ReadonlySet<number> = new Set([16, 24, 32]);
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

export function checkZone(text: string): string | undefined {
  return checkTimezone(text) === undefined ? undefined : 'an IANA zone such as Europe/Berlin';
}

export function checkKey(text: string): string | undefined {
  const fits = BASE64.test(text) && (text === '' || KEY_BYTES.has(Buffer.from(text, 'base64').length));
  return fits ? undefined : 'base64 of 16, 24 or 32 bytes, as `dkron keygen` prints it';
}

export function checkUrl(text: string): string | undefined {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  return text === '' || protocol === 'http:' || protocol === 'https:' ? undefined : 'an http or https URL';
}

/** As a browser sends it: no path, not even a slash. */
export function checkOrigin(text: string): string | undefined {
  const exact = URL.canParse(text) && new URL(text).origin === text;
  return exact ? undefined : 'an origin such as https://example.org, without a slash at the end';
}

export function checkHeader(text: string): string | undefined {
  return /^[^:\s]+\s*:/.test(text) ? undefined : 'Name: value';
}

export function checkHostPort(text: string): string | undefined {
  return text === '' || /^(\[[^\]]+\]|[^:[\]]*):\d{1,5}$/.test(text) ? undefined : 'host:port';
}
