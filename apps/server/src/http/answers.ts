import type { FastifyReply } from 'fastify';
import { textType } from './text-type.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';
const NOT_ASCII = /[^\u0000-\u007f]/;

/** Sends ready JSON text. */
export function answerJson(
  reply: FastifyReply,
  body: string | Buffer,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  const { status = 200, headers = {} } = options;
  void reply
    .status(status)
    .headers({ 'content-type': JSON_TYPE, ...headers })
    .send(typeof body === 'string' && hasWideLocation(headers) ? Buffer.from(body) : body);
}

/** A text would be sent in one piece with the head, in the encoding of the body. */
function hasWideLocation({ location }: Readonly<Record<string, string>>): boolean {
  return location !== undefined && NOT_ASCII.test(location);
}

/** Sends the original's plain text error; an empty text has no content type. */
export function answerText(reply: FastifyReply, status: number, text: string): void {
  void reply.status(status);
  if (text === '') void reply.send();
  else void reply.header('content-type', textType(text)).send(text);
}

/**
 * The value of `Location`: non-ASCII names travel as raw UTF-8 bytes, and a header value in Node is a text of bytes. The
 * body has to be sent as bytes then, since Node writes the header in the body's encoding.
 */
export function locationHeader(target: string): string {
  if (!NOT_ASCII.test(target)) return target;
  return Buffer.from(target, 'utf8').toString('latin1');
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
