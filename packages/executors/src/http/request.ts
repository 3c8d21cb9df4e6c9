import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { request, type Agent, type Dispatcher } from 'undici';
import type { HttpSettings } from './settings.ts';

/** A request that got no usable answer; the message is the attempt's error text. */
export class HttpRequestError extends Error {
  override readonly name = 'HttpRequestError';
}

export interface HttpAnswer {
  readonly statusCode: number;
  /** Decoded. */
  readonly body: Readable;
}

const REDIRECTS_MAX = 10;
/** Not to be shown to another host than the one they are meant for. */
const PRIVATE_HEADERS = new Set(['authorization', 'www-authenticate', 'cookie', 'cookie2']);
/** Describe a body that is no longer sent. */
const BODY_HEADERS = new Set(['content-type', 'content-length', 'content-encoding', 'content-language']);

interface Step {
  readonly url: URL;
  readonly method: string;
  readonly body: string;
  readonly headers: HttpSettings['headers'];
}

/** Sends the request and follows redirects. @throws HttpRequestError, or what the signal aborts with */
export async function send(settings: HttpSettings, agent: Agent, signal: AbortSignal): Promise<HttpAnswer> {
  let step: Step = { ...settings, url: parseUrl(settings) };
  for (let redirects = 0; ; redirects++) {
    const answer = await requestOnce(step, agent, signal);
    const next = redirected(step, answer);
    if (!next) return { statusCode: answer.statusCode, body: decoded(step, answer) };
    answer.body.on('error', () => {});
    answer.body.destroy();
    if (redirects === REDIRECTS_MAX)
      throw new HttpRequestError(transportText(next, `stopped after ${REDIRECTS_MAX} redirects`));
    step = next;
  }
}

/** The original's form of every transport failure; the password of an address is not told. */
export function transportText(step: { readonly method: string; readonly url: URL | string }, cause: string): string {
  const method = step.method.charAt(0).toUpperCase() + step.method.slice(1).toLowerCase();
  return `${method} ${JSON.stringify(withoutPassword(String(step.url)))}: ${cause}`;
}

function withoutPassword(url: string): string {
  return url.replace(/^([^/?#]*\/\/[^/?#@:]*):[^/?#]*@/, '$1:***@');
}

function parseUrl(settings: HttpSettings): URL {
  const url = URL.parse(settings.url);
  if (!url) throw new HttpRequestError(badUrlText(settings));
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new HttpRequestError(transportText(settings, `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`));
}

/** The original tells an address that starts with a colon from one that has no scheme at all. */
function badUrlText(settings: HttpSettings): string {
  const parsing = `parse ${JSON.stringify(withoutPassword(settings.url))}`;
  if (settings.url.startsWith(':')) return `${parsing}: missing protocol scheme`;
  if (!/^[a-z][a-z\d+.-]*:/i.test(settings.url)) return transportText(settings, 'unsupported protocol scheme ""');
  return `${parsing}: not an absolute URL`;
}

async function requestOnce(step: Step, agent: Agent, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  try {
    return await request(step.url, {
      dispatcher: agent,
      method: step.method as Dispatcher.HttpMethod,
      headers: headersOf(step),
      body: step.body === '' ? null : step.body,
      signal,
      reset: true,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new HttpRequestError(transportText(step, causeText(error as NetworkError)));
  }
}

function headersOf(step: Step): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of step.headers) {
    const key = name.toLowerCase();
    if (key === 'connection' || key === 'transfer-encoding' || key === 'content-length') continue;
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  headers['user-agent'] ??= 'Go-http-client/1.1';
  if (asksForGzip(step)) headers['accept-encoding'] = 'gzip';
  return headers;
}

/** Only what was asked for here is decoded here. */
function asksForGzip(step: Step): boolean {
  const own = step.headers.some(([name]) => ['accept-encoding', 'range'].includes(name.toLowerCase()));
  return !own && step.method !== 'HEAD';
}

function decoded(step: Step, answer: Dispatcher.ResponseData): Readable {
  const encoding = String(answer.headers['content-encoding'] ?? '').toLowerCase();
  if (encoding !== 'gzip' || !asksForGzip(step)) return answer.body;
  const gunzip = createGunzip();
  answer.body.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => answer.body.destroy());
  return answer.body.pipe(gunzip);
}

function redirected(step: Step, answer: Dispatcher.ResponseData): Step | undefined {
  const { statusCode } = answer;
  const location = answer.headers['location'];
  if (![301, 302, 303, 307, 308].includes(statusCode) || typeof location !== 'string' || location === '')
    return undefined;
  const url = URL.parse(location, step.url.href);
  if (!url)
    throw new HttpRequestError(transportText(step, `failed to parse Location header ${JSON.stringify(location)}`));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new HttpRequestError(
      transportText({ ...step, url }, `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`),
    );
  }
  const keepsBody = statusCode === 307 || statusCode === 308;
  const sameHost = url.hostname === step.url.hostname || url.hostname.endsWith(`.${step.url.hostname}`);
  const headers = step.headers.filter(([name]) => {
    const key = name.toLowerCase();
    return (sameHost || !PRIVATE_HEADERS.has(key)) && (keepsBody || !BODY_HEADERS.has(key));
  });
  if (keepsBody) return { ...step, url, headers };
  return { url, headers, body: '', method: step.method === 'HEAD' ? 'HEAD' : 'GET' };
}

interface NetworkError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** The words of the original's run time for what goes wrong most. */
function causeText(error: NetworkError): string {
  const first = error instanceof AggregateError ? (error.errors as NetworkError[])[0] : error;
  if (!first) return error.message;
  const place = first.address === undefined ? '' : ` ${hostPort(first.address, first.port)}`;
  switch (first.code) {
    case 'ECONNREFUSED':
      return `dial tcp${place}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp${place}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp${place}: connect: network is unreachable`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${first.hostname}: no such host`;
    case 'ECONNRESET':
      return 'read: connection reset by peer';
    case 'UND_ERR_SOCKET':
      return 'EOF';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    default:
      return first.message || (first.code ?? 'unknown error');
  }
}

function hostPort(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
