import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callHttp, HttpPool } from './http-call.ts';

const seen: string[] = [];
const pool = new HttpPool();
let server: Server;
let base = '';

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { method, url = '', headers } = request;
  seen.push(`${method} ${url} ${headers.host === new URL(base).host ? '' : headers.host} ${body}`.trim());
  const status = Number(/^\/(\d+)/.exec(url)?.[1] ?? 200);
  if (url === '/cut') return void response.socket?.destroy();
  if (status >= 300 && status < 400) response.setHeader('location', '/200');
  response.writeHead(status);
  response.end(url === '/large' ? Buffer.alloc(1_000_000) : 'body');
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  pool.close();
  server.closeAllConnections();
  server.close();
});

const call = (path: string, headers: Record<string, string> = {}): Promise<void> => {
  seen.length = 0;
  const sent = { method: 'POST', url: base + path, headers: new Headers(headers), body: 'hello' } as const;
  return callHttp(pool, sent, AbortSignal.timeout(20_000));
};

it('2xx is enough; redirects are followed as Go does; the host may be named', async () => {
  await call('/204', { host: 'hooks.example.org' });
  expect(seen).toEqual(['POST /204 hooks.example.org hello']);
  await call('/large');
  await call('/302');
  expect(seen).toEqual(['POST /302  hello', 'GET /200']);
  await call('/308', { host: 'hooks.example.org' });
  expect(seen).toEqual(['POST /308 hooks.example.org hello', 'POST /200  hello']);
});

it.each([
  ['/404', 'refused'],
  ['/400', 'refused'],
  ['/429', 'unavailable'],
  ['/503', 'unavailable'],
  ['/cut', 'unavailable'],
])('%s: %s, and the path is not told', async (path, code) => {
  const error = await call(`${path}`).catch((one: unknown) => one as Error & { code: string });
  expect(error).toMatchObject({ name: 'DeliveryError', code });
  expect(String((error as Error).message)).not.toContain(path);
});
