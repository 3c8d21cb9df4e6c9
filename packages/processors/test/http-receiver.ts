import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Keeps what it was sent. `/hang` is never answered, `/fail/<times>/<status>` so often with that status, and `/echo` with
 * 500 and all it was told.
 */
export class HttpReceiver {
  readonly requests: Received[] = [];
  readonly timers: Timers = systemTimers;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  reset(): void {
    this.requests.length = 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url: path = '', headers } = request;
    this.requests.push({ method, path, headers, body: Buffer.concat(pieces) });
    if (path.startsWith('/hang')) return;
    const [, times, status] = /^\/fail\/([0-9]+)\/([0-9]+)/.exec(path) ?? [];
    if (path.startsWith('/echo')) response.writeHead(500).end(JSON.stringify({ path, headers }));
    else if (this.requests.length <= Number(times ?? 0)) response.writeHead(Number(status)).end('not now');
    else response.writeHead(201, { 'content-type': 'application/json' }).end('{"result":"created"}');
  }
}
