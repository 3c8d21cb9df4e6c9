import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { ServerResponse } from 'node:http';

/** Names are few; a header that copies what a client sent must not fill the memory all the same. */
const KNOWN_MAX = 256;
const known = new Map<string, string>([['etag', 'ETag']]);

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Writes the names of headers as the original does, `X-Total-Count`: the case carries no meaning, but scripts search for
 * it in what `curl -i` prints. Fastify keeps names in lower case.
 */
export class CanonicalResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  override writeHead(status: number, headers?: Headers): this;
  override writeHead(status: number, reason?: string, headers?: Headers): this;
  override writeHead(status: number, reasonOrHeaders?: string | Headers, headers?: Headers): this {
    if (typeof reasonOrHeaders !== 'string') return super.writeHead(status, named(reasonOrHeaders));
    return super.writeHead(status, reasonOrHeaders, named(headers));
  }

  override setHeader(name: string, value: number | string | readonly string[]): this {
    return super.setHeader(canonical(name), value);
  }
}

function named(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined || Array.isArray(headers)) return headers;
  const result: OutgoingHttpHeaders = {};
  for (const name in headers) result[canonical(name)] = headers[name];
  return result;
}

/** `x-total-count` → `X-Total-Count`. */
function canonical(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  if (known.size < KNOWN_MAX) known.set(name, made);
  return made;
}
