import type { HttpSettings } from './settings.ts';

/** A request that got no usable answer; the message is the attempt's error text. */
export class HttpRequestError extends Error {
  override readonly name = 'HttpRequestError';
}

/** Of `node:http`, for a connection that ended without an answer. */
export const HANG_UP = 'socket hang up';

/** The original's form of every transport failure; the password of an address is not told. */
export function transportText(step: { readonly method: string; readonly url: URL | string }, cause: string): string {
  const method = step.method.charAt(0).toUpperCase() + step.method.slice(1).toLowerCase();
  return `${method} ${JSON.stringify(withoutPassword(String(step.url)))}: ${cause}`;
}

function withoutPassword(url: string): string {
  return url.replace(/^([^/?#]*\/\/[^/?#@:]*):[^/?#]*@/, '$1:***@');
}

/** The original tells an address that starts with a colon from one that has no scheme at all. */
export function badUrlText(settings: HttpSettings): string {
  const parsing = `parse ${JSON.stringify(withoutPassword(settings.url))}`;
  if (settings.url.startsWith(':')) return `${parsing}: missing protocol scheme`;
  if (!/^[a-z][a-z\d+.-]*:/i.test(settings.url)) return transportText(settings, 'unsupported protocol scheme ""');
  return `${parsing}: not an absolute URL`;
}

const CUT_SHORT_CODES = new Set(['ECONNRESET', 'Z_BUF_ERROR']);

/** An answer that broke off, or one that cannot be decoded. */
export function bodyErrorText(error: NodeJS.ErrnoException): string {
  if (error.code !== undefined && CUT_SHORT_CODES.has(error.code)) return 'unexpected EOF';
  return error.code === 'Z_DATA_ERROR' ? 'gzip: invalid header' : error.message;
}

interface NetworkError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** The words of the original's run time for what goes wrong most. */
export function networkErrorText(error: NetworkError): string {
  const first = error instanceof AggregateError ? (error.errors as NetworkError[])[0] : error;
  if (!first) return error.message;
  const place = first.address === undefined ? '' : ` ${hostPort(first.address, first.port)}`;
  if (first.message === HANG_UP) return 'EOF';
  switch (first.code) {
    case 'ECONNREFUSED':
      return `dial tcp${place}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp${place}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp${place}: connect: network is unreachable`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${first.hostname}: no such host`;
    case 'ECONNRESET':
      return 'read: connection reset by peer';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    default:
      return first.message || (first.code ?? 'unknown error');
  }
}

function hostPort(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
