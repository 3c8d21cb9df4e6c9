import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';
import { cut } from './schemas/query-schema.ts';

const PREFLIGHT_AGE_S = 43_200;
const METHODS = 'GET, POST, PUT, PATCH, DELETE';

interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** True when a browser sends this from a page of another server. The scheme does not count, as in the original. */
export function isForeign({ origin, host = '' }: OriginHeaders): boolean {
  return origin !== undefined && origin !== '' && origin !== `http://${host}` && origin !== `https://${host}`;
}

/**
 * Lets pages of other origins read everything, as the original does, and write only where they are listed (G-T3). Throws
 * {@link ApiError} 403 for a foreign write.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, listed: readonly string[]): void {
  if (!isForeign(request.headers)) return;
  void reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', '*');
  const origin = request.headers.origin ?? '';
  if (request.method === 'GET' || listed.includes(origin)) return;
  const message = `origin ${origin} may not write here; add it to cors-origins to allow it`;
  const problem = {
    code: 'origin_not_allowed' as const,
    message,
    field: 'Origin',
    value: cut(origin),
    allowed: listed.length === 0 ? 'no other origin (cors-origins is empty)' : listed.join(', '),
    column: null,
  };
  throw new ApiError({ status: 403, code: 'origin_not_allowed', message, plain: message, problems: [problem] });
}

/** G-A14: answers the preflight of a listed origin. Others get what the original says to everyone: no such route. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, listed: readonly string[]): boolean {
  const { origin = '', 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || method === undefined || !listed.includes(origin)) return false;
  void reply.status(204).headers({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': String(PREFLIGHT_AGE_S),
  });
  void reply.send();
  return true;
}
