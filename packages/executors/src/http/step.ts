import type { IncomingMessage } from 'node:http';
import { badUrlText, HttpRequestError, transportText } from './error-text.ts';
import type { HttpSettings } from './settings.ts';

/** One request of an exchange. */
export interface Step {
  readonly url: URL;
  readonly method: string;
  readonly body: string;
  readonly headers: HttpSettings['headers'];
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Not to be shown to another host than the one they are meant for. */
const PRIVATE_HEADERS = new Set(['authorization', 'www-authenticate', 'cookie', 'cookie2']);
/** Describe a body that is no longer sent. */
const BODY_HEADERS = new Set(['content-type', 'content-length', 'content-encoding', 'content-language']);
/** Are of the connection and of what is sent over it. */
const OWN_HEADERS = new Set(['connection', 'transfer-encoding', 'content-length']);

/** @throws HttpRequestError for an address that cannot be used */
export function firstStep(settings: HttpSettings): Step {
  const { method, body, headers } = settings;
  const url = URL.parse(settings.url);
  if (!url) throw new HttpRequestError(badUrlText(settings));
  checkScheme(url, settings);
  return { url, method, body, headers };
}

/** What an answer leads to. @throws HttpRequestError when it leads nowhere */
export function redirected(step: Step, answer: IncomingMessage): Step | undefined {
  const { statusCode = 0 } = answer;
  if (!REDIRECTS.has(statusCode)) return undefined;
  const { location } = answer.headers;
  if (location === undefined || location === '') return undefined;
  const url = URL.parse(location, step.url.href);
  if (!url)
    throw new HttpRequestError(transportText(step, `failed to parse Location header ${JSON.stringify(location)}`));
  checkScheme(url, { ...step, url });
  const keepsBody = statusCode === 307 || statusCode === 308;
  const sameHost = url.hostname === step.url.hostname || url.hostname.endsWith(`.${step.url.hostname}`);
  const headers = step.headers.filter(([name]) => {
    const key = name.toLowerCase();
    return (sameHost || !PRIVATE_HEADERS.has(key)) && (keepsBody || !BODY_HEADERS.has(key));
  });
  if (keepsBody) return { ...step, url, headers };
  return { url, headers, body: '', method: step.method === 'HEAD' ? 'HEAD' : 'GET' };
}

/** A connection carries one request, so that none is closed just when the next is sent. */
export function headersOf(step: Step, bodyBytes: number): Record<string, string | string[]> {
  const { url } = step;
  const headers: Record<string, string | string[]> = { host: url.host, connection: 'close' };
  for (const [name, value] of step.headers) {
    const key = name.toLowerCase();
    if (OWN_HEADERS.has(key)) continue;
    const before = headers[key];
    headers[key] = before === undefined ? asBytes(value) : [before, asBytes(value)].flat();
  }
  headers['user-agent'] ??= 'Go-http-client/1.1';
  if (url.username !== '' || url.password !== '') headers['authorization'] ??= basicAuthorization(url);
  if (asksForGzip(step)) headers['accept-encoding'] = 'gzip';
  if (bodyBytes > 0) headers['content-length'] = String(bodyBytes);
  return headers;
}

/** Only what was asked for here is decoded here. */
export function asksForGzip({ method, headers }: Step): boolean {
  if (method === 'HEAD') return false;
  return !headers.some(([name]) => ['accept-encoding', 'range'].includes(name.toLowerCase()));
}

/** Headers are written a byte a character: beyond ASCII they go in UTF-8, as the original's do. */
function asBytes(value: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return /^[\u0000-\u007f]*$/.test(value) ? value : Buffer.from(value).toString('latin1');
}

function basicAuthorization({ username, password }: URL): string {
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

function checkScheme(url: URL, shown: { readonly method: string; readonly url: URL | string }): void {
  if (url.protocol === 'http:' || url.protocol === 'https:') return;
  throw new HttpRequestError(transportText(shown, `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`));
}
