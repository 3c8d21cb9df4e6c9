import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './request-target.ts';

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
const TEXTS = { 301: 'Moved Permanently', 303: 'See Other' } as const;

/** Sends a client elsewhere, with the short page that the original sends along. */
export function redirect(reply: FastifyReply, status: keyof typeof TEXTS, location: string): void {
  const escaped = location.replaceAll(/[&<>"']/g, (char) => HTML[char] ?? char);
  void reply
    .status(status)
    .headers({ location, 'content-type': 'text/html; charset=utf-8' })
    .send(`<a href="${escaped}">${TEXTS[status]}</a>.\n\n`);
}

/** To the same request with a slash more or less at the end of its path; other methods than GET are kept by a 307. */
export function redirectToTwin(request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request.originalUrl);
  const query = request.originalUrl.slice(path.length);
  const location = (path.endsWith('/') ? path.slice(0, -1) : `${path}/`) + query;
  if (request.method === 'GET') redirect(reply, 301, location);
  else void reply.status(307).header('location', location).send();
}
