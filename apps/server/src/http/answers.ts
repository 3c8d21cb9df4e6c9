import type { FastifyReply } from 'fastify';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends ready JSON text. */
export function answerJson(
  reply: FastifyReply,
  body: string,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  void reply
    .status(options.status ?? 200)
    .headers({ 'content-type': JSON_TYPE, ...options.headers })
    .send(body);
}

/** Sends the original's plain text error; an empty text has no content type. */
export function answerText(reply: FastifyReply, status: number, text: string): void {
  if (text !== '') void reply.header('content-type', 'text/plain; charset=utf-8');
  void reply.status(status).send(text);
}

/** `"<version>-<revision>"` of a single job answer. */
export function etagOf(state: { readonly version: number; readonly revision: number }): string {
  return `"${state.version}-${state.revision}"`;
}

/** Joins ready JSON items into a list; `pretty` items are indented as the original does. */
export function jsonList(items: readonly string[], pretty: boolean): string {
  if (items.length === 0) return '[]';
  if (!pretty) return `[${items.join(',')}]`;
  return `[\n    ${items.map((item) => item.replaceAll('\n', '\n    ')).join(',\n    ')}\n]`;
}
