import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const TAKEN_OVER = /^[\u0020-\u007e]{1,128}$/;

/** The client's `X-Request-Id` when it is printable and not too long, else a new one. */
export function requestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && TAKEN_OVER.test(sent) ? sent : randomUUID();
}
