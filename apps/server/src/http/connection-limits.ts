import type { Server } from 'node:http';
import type { ServerOptions } from '../options.ts';
import { CanonicalResponse } from './canonical-response.ts';

/** How often connections that take too long are looked for. */
const CHECK_MS = 5_000;

interface ConnectionLimits {
  readonly keepAliveTimeout: number;
  readonly http: {
    readonly ServerResponse: typeof CanonicalResponse;
    readonly maxHeaderSize: number;
    readonly headersTimeout: number;
    readonly requestTimeout: number;
    readonly connectionsCheckingInterval: number;
  };
}

/** What Node is told so that slow and silent clients cost little, and not for long. */
export function connectionLimits(options: ServerOptions): ConnectionLimits {
  const { httpHeaderTimeout, httpRequestTimeout, httpIdleTimeout, httpMaxHeaderSize } = options;
  const timeouts = [httpHeaderTimeout, httpRequestTimeout].filter((timeoutMs) => timeoutMs > 0);
  return {
    keepAliveTimeout: httpIdleTimeout,
    http: {
      ServerResponse: CanonicalResponse,
      maxHeaderSize: httpMaxHeaderSize,
      // Node refuses to wait longer for a part than for the whole.
      headersTimeout: httpHeaderTimeout === 0 ? httpRequestTimeout : Math.min(...timeouts),
      requestTimeout: httpRequestTimeout,
      connectionsCheckingInterval: Math.max(100, Math.min(CHECK_MS, ...timeouts)),
    },
  };
}

/** What is set once the server is there: the adapter does not pass all of it on. */
export function limitConnections(server: Server, { httpMaxConnections, httpRequestTimeout }: ServerOptions): void {
  server.maxConnections = httpMaxConnections;
  server.requestTimeout = httpRequestTimeout;
}
