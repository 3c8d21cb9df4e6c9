import type { FastifyReply } from 'fastify';
import type { Socket } from 'node:net';
import { answerText } from './answers.ts';

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
export function answerBadTarget(reply: FastifyReply): void {
  answerText(reply, 400, BAD_REQUEST[2]);
}
