import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Shows each request of a server to `takes` before those who listen so far. It says whether the request is its own; it may
 * still hand that on, once, by `goOn`.
 */
export function takeBefore(
  server: Server,
  takes: (request: IncomingMessage, response: ServerResponse, goOn: RequestListener) => boolean,
): void {
  const before = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  const goOn: RequestListener = (request, response) => {
    for (const listener of before) listener.call(server, request, response);
  };
  server.on('request', (request, response) => {
    if (!takes(request, response, goOn)) goOn(request, response);
  });
}
