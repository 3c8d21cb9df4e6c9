import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { DeliveryError } from './errors.ts';

/** Bytes of an answer that are read, so that the connection can be used again. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** The receiver is not able to answer now, whatever it is sent. */
const UNAVAILABLE: ReadonlySet<number> = new Set([408, 425, 429]);
const REDIRECTS_MAX = 5;
const IDLE_MS = 30_000;
const SOCKETS_MAX = 16;
/** Of another host's business they are not. */
const PRIVATE = ['authorization', 'cookie', 'proxy-authorization'];

const AGENT_OPTIONS = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: 4, timeout: IDLE_MS };

/** Connections that are kept and used again, until closed. */
export class HttpPool {
  readonly #http = new HttpAgent(AGENT_OPTIONS);
  readonly #https = new HttpsAgent(AGENT_OPTIONS);

  request(url: URL, options: { readonly method: string; readonly signal: AbortSignal }): ClientRequest {
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: this.#https })
      : httpRequest(url, { ...options, agent: this.#http });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Headers;
  readonly body?: string;
}

/**
 * Resolves for an answer of 2xx, redirects followed as Go does: 307 and 308 with the same request, others by GET.
 *
 * @throws DeliveryError
 */
export async function callHttp(pool: HttpPool, call: HttpCall, signal: AbortSignal): Promise<void> {
  let { method, body } = call;
  const headers = new Headers(call.headers);
  let url = new URL(call.url);
  for (let hops = 0; ; hops++) {
    const { host } = url;
    const { status, location } = await answerOf(pool, { method, url, headers, body }, signal).catch(
      (error: unknown) => {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new DeliveryError('unavailable', `${host}: ${code ?? message}`, { host }, { cause: error });
      },
    );
    if (status >= 200 && status < 300) return;
    if (
      status < 300 ||
      status >= 400 ||
      location === '' ||
      hops === REDIRECTS_MAX ||
      !URL.canParse(location, url.href)
    ) {
      const code = status >= 500 || UNAVAILABLE.has(status) ? 'unavailable' : 'refused';
      throw new DeliveryError(code, `${host} answered ${status}`, { host, status });
    }
    url = new URL(location, url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new DeliveryError('refused', `${host} answered ${status} to a place that is not HTTP`, { host, status });
    }
    headers.delete('host');
    if (url.host !== host) for (const name of PRIVATE) headers.delete(name);
    if (status === 307 || status === 308) continue;
    method = 'GET';
    body = undefined;
  }
}

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

function answerOf(
  pool: HttpPool,
  { method, url, headers, body }: Sent,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly location: string }> {
  return new Promise((resolve, reject) => {
    const request = pool.request(url, { method, signal });
    for (const [name, value] of headers) request.setHeader(name, value);
    request.on('error', reject);
    request.on('response', (answer) => {
      const told = { status: answer.statusCode ?? 0, location: answer.headers.location ?? '' };
      drain(answer, () => resolve(told));
    });
    request.end(body);
  });
}

/** The answer's status is what counts, however its body ends. */
function drain(answer: IncomingMessage, done: () => void): void {
  let bytes = 0;
  answer.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) answer.destroy();
  });
  answer.on('error', done);
  answer.on('close', done);
}
