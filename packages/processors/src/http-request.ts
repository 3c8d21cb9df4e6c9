import { Buffer } from 'node:buffer';
import { percentDecoded } from '@dkron/runtime';
import { badConfig } from './config.ts';
import { SinkFailure } from './sink.ts';

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  readonly signal: AbortSignal;
}

const ANSWER_BYTES_MAX = 2_048;
/** Timeout, too early, too many requests: later it may work. */
const PASSING = [408, 425, 429];

/**
 * An address of http or https. Credentials inside it are taken out and become a header.
 *
 * @throws ProcessorError `bad_config`, without the address: it may hold a token
 */
export function readUrl(key: string, text: string): { readonly url: URL; readonly headers: Record<string, string> } {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw badConfig(key, 'must be an address of http or https');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, headers: {} };
  return { url, headers: { authorization: basic(decodeURIComponent(username), decodeURIComponent(password)) } };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/**
 * Sends a request and takes any answer of 200 to 299, or of `accepted`, for success. Redirects are failures: what follows them
 * does not send the same again.
 *
 * @throws SinkFailure with the host, since path and query may hold tokens, and with the beginning of the answer
 */
export async function sendRequest(url: URL, request: HttpRequest, accepted: readonly number[] = []): Promise<void> {
  const target = `${url.protocol}//${url.host}`;
  let response: Response;
  let answer: string;
  try {
    response = await fetch(url, { ...request, redirect: 'manual' });
    answer = await beginningOf(response);
  } catch (error) {
    throw new SinkFailure(target, { cause: error, passing: true });
  }
  const { status } = response;
  if (response.ok || accepted.includes(status)) return;
  const passing = status >= 500 || PASSING.includes(status);
  throw new SinkFailure(`${target} answered ${status} ${answer}`.trim(), { passing });
}

const PART_LENGTH_MIN = 4;

/** What of an address and of headers an answer may hold: whoever is asked sees all of it. */
export function partsOf(address: string, headerLines = ''): string[] {
  const url = URL.parse(address);
  const inUrl = url === null ? [] : [url.username, url.password, ...`${url.pathname}${url.search}`.split(/[/?&=]/)];
  const inHeaders = headerLines.split(/["\\]/).flatMap((piece) => [piece, ...piece.split(/[\s:,]+/)]);
  const sent = url?.password ? [basic(url.username, url.password).slice('Basic '.length)] : [];
  const parts = [...inUrl, ...inHeaders, ...sent];
  return parts.flatMap((part) => [part, percentDecoded(part)]).filter((part) => part.length >= PART_LENGTH_MIN);
}

/** The rest is not read: whoever answers decides how much there is. */
async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return '';
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(pieces).subarray(0, ANSWER_BYTES_MAX).toString();
}
