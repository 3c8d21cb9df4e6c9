import type { IncomingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { percentDecoded } from '@dkron/runtime';

const MAX_DETAILS = 1024;

/** Why a stream that this side opened ended: a status of gRPC and its text, which may be the peer's own words. */
export class StreamFailure extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(`${code} ${status[code] ?? 'UNKNOWN'}: ${details}`);
    this.code = code;
    this.details = details;
  }
}

/** What the last headers of a stream say; undefined for OK. */
export function failureOf(headers: IncomingHttpHeaders): StreamFailure | undefined {
  const { ':status': http, 'grpc-status': text } = headers;
  if (text === undefined) {
    const answered = http !== undefined && Number(http) !== 200;
    const why = answered ? `the server answered with HTTP status ${String(http)}` : 'the stream broke off';
    return new StreamFailure(status.UNAVAILABLE, why);
  }
  const code = Number(text);
  if (code === status.OK) return undefined;
  const known = status[code] === undefined ? status.UNKNOWN : code;
  return new StreamFailure(known, percentDecoded(String(headers['grpc-message'] ?? '')).slice(0, MAX_DETAILS));
}
