import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { additiveMethods } from './additive-paths.ts';
import { answerJson, answerText, JSON_TYPE } from './answers.ts';
import { ApiError, wantsJson } from './api-error.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { pathOf, routedTarget } from './request-target.ts';
import { cut } from './schemas/query-schema.ts';

type ParserError = Error & { readonly code?: string; readonly rawPacket?: Buffer };

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
  const refused = error.code === 'HPE_INVALID_METHOD' ? refusedMethod(error.rawPacket) : undefined;
  if (refused !== undefined) return answerRaw(socket, refused);
  const [line, type, text] = STATUS_LINES[error.code ?? ''] ?? BAD_REQUEST;
  answerRaw(socket, { line, headers: [`Content-Type: ${type}`], text });
}

interface RawAnswer {
  readonly line: string;
  readonly headers: readonly string[];
  readonly text: string;
}

function answerRaw(socket: Socket, { line, headers, text }: RawAnswer): void {
  const length = `Content-Length: ${Buffer.byteLength(text)}`;
  const head = [`HTTP/1.1 ${line}`, ...headers, length, 'Connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

/** 405 for a method that not even the parser knows; undefined where the path is not an additive one. */
function refusedMethod(packet: Buffer | undefined): RawAnswer | undefined {
  const [, method = '', target = ''] =
    /^([!-~]{1,32}) (\S{1,2048}) HTTP\/1\.\d\r?\n/.exec(packet?.toString('latin1') ?? '') ?? [];
  const path = pathOf(routedTarget(target));
  const allowed = additiveMethods(path);
  if (allowed === undefined) return undefined;
  return {
    line: '405 Method Not Allowed',
    headers: [`Allow: ${allowed}`, `X-Request-Id: ${randomUUID()}`, `Content-Type: ${JSON_TYPE}`],
    text: methodNotAllowed(method, path, allowed).toJson(),
  };
}

/** Answers a path with a malformed escape. */
export function answerBadTarget({ url, headers }: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(url);
  if (additiveMethods(path) === undefined && !wantsJson(headers.accept)) return answerText(reply, 400, BAD_REQUEST[2]);
  const allowed = '% and two hexadecimal digits, of UTF-8';
  const message = `the path ${cut(path)} holds an escape that is none; allowed: ${allowed}`;
  const code = 'invalid_value';
  const problems = [{ code, message, field: 'path', value: cut(path), allowed, column: null } as const];
  answerJson(reply, new ApiError({ status: 400, code, message, problems }).toJson(), { status: 400 });
}
