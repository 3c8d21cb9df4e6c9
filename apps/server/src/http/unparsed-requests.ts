import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { additiveMethods } from './additive-paths.ts';
import { answerJson, answerText } from './answers.ts';
import { ApiError, wantsJson } from './api-error.ts';
import { pathOf } from './request-target.ts';
import { cut } from './schemas/query-schema.ts';

type ParserError = Error & { readonly code?: string };

const STATUS_LINES: Readonly<Record<string, readonly [line: string, type: string, text: string]>> = {
  // A method the parser does not know is no route either.
  HPE_INVALID_METHOD: ['404 Not Found', 'text/plain', '404 page not found'],
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'text/plain; charset=utf-8',
    '431 Request Header Fields Too Large',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'text/plain; charset=utf-8', '408 Request Timeout'],
};
const BAD_REQUEST = ['400 Bad Request', 'text/plain; charset=utf-8', '400 Bad Request'] as const;

/** Answers what is no HTTP that the parser takes, and closes the connection. */
export function answerUnparsed(error: ParserError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [line, type, text] = STATUS_LINES[error.code ?? ''] ?? BAD_REQUEST;
  const head = [`HTTP/1.1 ${line}`, `Content-Type: ${type}`, `Content-Length: ${text.length}`, 'Connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

/** Answers a path with a malformed escape. */
export function answerBadTarget({ url, headers }: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(url);
  if (additiveMethods(path) === undefined && !wantsJson(headers.accept)) return answerText(reply, 400, BAD_REQUEST[2]);
  const allowed = '% and two hexadecimal digits, of UTF-8';
  const message = `the path ${cut(path)} holds an escape that is none; allowed: ${allowed}`;
  const code = 'invalid_value';
  const problems = [{ code, message, field: '', value: cut(path), allowed, column: null } as const];
  answerJson(reply, new ApiError({ status: 400, code, message, problems }).toJson(), { status: 400 });
}
