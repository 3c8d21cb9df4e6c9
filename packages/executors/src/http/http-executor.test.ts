import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { executorSuite } from '../suite/index.ts';
import { httpExecutor } from './index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const executor = httpExecutor({ searchBytesMax: 100_000 });
let server: Server;
let base: string;

const text = (request: IncomingMessage): string => decodeURIComponent((request.url ?? '').split('/')[2] ?? '');
const handlers: Record<string, Handler> = {
  say: (request, response) => void response.end(text(request)),
  status: (request, response) => void response.writeHead(Number(text(request))).end('body'),
  echo: (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.end(
        JSON.stringify({ method: request.method, version: request.httpVersion, headers: request.headers, body }),
      );
    });
  },
  endless: (_request, response) => void response.write('started'),
  silent: () => {},
  loop: (_request, response) => void response.writeHead(302, { location: '/loop' }).end(),
  redirect: (request, response) => void response.writeHead(Number(text(request)), { location: '/echo' }).end(),
  away: (_request, response) => {
    response.writeHead(302, { location: `${base.replace('127.0.0.1', 'localhost')}/echo` }).end();
  },
  gzip: (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked')),
  broken: (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  },
  flood: (request, response) => {
    const [, , bytes, end] = (request.url ?? '').split('/');
    response.end(Buffer.concat([Buffer.alloc(Number(bytes), 'a'), Buffer.from(decodeURIComponent(end ?? ''))]));
  },
  long: (_request, response) => void response.end(`${'a'.repeat(200_000)}END`),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const handler = handlers[(request.url ?? '').split('/')[1] ?? ''];
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const get = (path: string, more: Record<string, string> = {}): Promise<TestRun> =>
  attempt(executor, { method: 'GET', url: `${base}${path}`, ...more });

interface Echo {
  readonly method: string;
  readonly version: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
const echoed = (run: TestRun): Echo => JSON.parse(run.stdout.slice(run.stdout.indexOf('{'))) as Echo;

executorSuite(
  { describe, it },
  {
    name: 'http',
    executor: () => executor,
    printing: (word) => ({ method: 'GET', url: `${base}/say/${encodeURIComponent(word)}` }),
    failing: () => ({ method: 'GET', url: `${base}/say/x`, expectCode: '500' }),
    broken: () => ({ method: 'GET', url: 'http://127.0.0.1:1/' }),
    endless: () => ({ method: 'GET', url: `${base}/endless` }),
    flooding: (bytes, end) => ({ method: 'GET', url: `${base}/flood/${bytes}/${encodeURIComponent(end)}` }),
    badConfigs: [
      { title: 'no url', config: () => ({ method: 'GET' }), error: /^url is empty$/ },
      { title: 'no method', config: () => ({ url: base }), error: /^method is empty$/ },
      {
        title: 'no address',
        config: () => ({ method: 'GET', url: 'nonsense' }),
        error: /unsupported protocol|invalid/i,
      },
    ],
  },
);

describe('request', () => {
  it('sends method and body as given, over HTTP/1.1 and one connection each', async () => {
    const run = await get('/echo', { method: 'POST', body: 'b=1' });
    expect(echoed(run)).toMatchObject({ method: 'POST', version: '1.1', body: 'b=1' });
    expect(echoed(run).headers).toMatchObject({
      connection: 'close',
      'accept-encoding': 'gzip',
      'user-agent': 'Go-http-client/1.1',
    });
  });

  it('G-E1: keeps further colons of a header, and survives one without', async () => {
    const headers = JSON.stringify(['X-Url: http://h:1/p', 'broken', ': no name', 'Host: other', 'X-Two:2']);
    const run = await get('/echo', { headers });
    expect(run.result.success).toBe(true);
    expect(echoed(run).headers).toMatchObject({ 'x-url': 'http://h:1/p', 'x-two': '2' });
    expect(echoed(run).headers['host']).toBe(base.slice('http://'.length));
    expect(run.stdout.match(/^Warning: header .* is left out.*\.\n/gm)).toHaveLength(2);
    expect((await get('/say/next')).stdout).toBe('next');
  });

  it('goes on without headers that cannot be read', async () => {
    expect((await get('/say/x', { headers: 'X: y' })).stdout).toBe('Error: parsing headers failed\nx');
  });

  it('warns of a bad timeout, a bad switch and unusable files, and goes on', async () => {
    const { stdout, result } = await get('/say/x', {
      timeout: 'soon',
      tlsNoVerifyPeer: 'maybe',
      tlsCertificateFile: '/no/cert',
      tlsRootCAsFile: '/no/roots',
    });
    expect(result.success).toBe(true);
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^Warning: invalid timeout value: "[^"]*" not understood \(strconv\.Atoi: parsing /);
    expect(lines[1]).toMatch(/^Warning: not disabling certificate validation: /);
    expect(lines[2]).toMatch(/^Warning: not using client certificate: /);
    expect(lines[3]).toMatch(/^Warning: using system root CAs instead of configured CAs: /);
  });
});

describe('answer', () => {
  it('G-E8: without expectCode any status is success', async () => {
    expect(await get('/status/500')).toMatchObject({ result: { success: true, error: '' }, stdout: 'body' });
  });

  it.each([
    ['200', '200, 204', true],
    ['204', '200, 204', true],
    ['500', '200,204', false],
  ])('G-E8: status %s with expectCode %s: %s', async (status, expectCode, success) => {
    const { result } = await get(`/status/${status}`, { expectCode });
    expect(result.error).toBe(success ? '' : 'received response code does not match the expected code');
  });

  it.each([
    ['^he.+o$', true],
    ['(?i)HELLO', true],
    ['\\bworld', false],
    ['(unclosed', false],
  ])('expectBody %s: %s', async (expectBody, success) => {
    const { result, stdout } = await get('/say/hello', { expectBody });
    expect(result.error).toBe(success ? '' : 'received response body did not match the expected body');
    expect(stdout).toBe('hello');
  });

  it('searches in linear time, and only the beginning of a long body', async () => {
    const run = await get('/long', { expectBody: '(a+)+END' });
    expect(run.result.success).toBe(false);
    expect(run.stdout).toHaveLength(200_003);
    expect(run.logger.records).toMatchObject([{ level: 'warn' }]);
  });

  it('unpacks what it asked for', async () => {
    expect((await get('/gzip')).stdout).toBe('unpacked');
    expect((await get('/gzip', { headers: '["Accept-Encoding: gzip"]' })).stdout).not.toBe('unpacked');
  });

  it('reports a body that breaks off', async () => {
    expect(await get('/broken')).toMatchObject({ result: { success: false, error: 'unexpected EOF' }, stdout: 'half' });
  });
});

describe('redirects', () => {
  it.each([
    ['302', 'GET', ''],
    ['303', 'GET', ''],
    ['307', 'POST', 'data'],
    ['308', 'POST', 'data'],
  ])('after %s the method is %s', async (status, method, body) => {
    expect(echoed(await get(`/redirect/${status}`, { method: 'POST', body: 'data' }))).toMatchObject({ method, body });
  });

  it('does not show private headers to another host', async () => {
    const { headers } = echoed(await get('/away', { headers: '["Authorization: secret", "X-Kept: yes"]' }));
    expect(headers).toMatchObject({ 'x-kept': 'yes' });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('stops after ten', async () => {
    expect((await get('/loop')).result.error).toBe(`Get "${base}/loop": stopped after 10 redirects`);
  });
});

describe('errors', () => {
  it.each([
    [{ url: '' }, 'url is empty'],
    [{ url: 'http://h', method: '' }, 'method is empty'],
    [
      { url: 'http://user:p%40s@127.0.0.1:1/x' },
      'Get "http://user:***@127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [{ url: 'ftp://h/' }, 'Get "ftp://h/": unsupported protocol scheme "ftp"'],
    [{ url: 'http://127.0.0.1:1/x' }, 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'],
  ])('%j', async (config, error) => {
    expect((await attempt(executor, { method: 'GET', ...config })).result).toEqual({
      success: false,
      error,
      reason: 'executor',
    });
  });

  it('ends at its timeout, before and after the headers', async () => {
    const [silent, endless] = await Promise.all([get('/silent', { timeout: '1' }), get('/endless', { timeout: '1' })]);
    const url = JSON.stringify(`${base}/silent`);
    const waiting = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    const reading = 'context deadline exceeded (Client.Timeout or context cancellation while reading body)';
    expect(silent.result).toEqual({ success: false, error: `Get ${url}: ${waiting}`, reason: 'timeout' });
    expect(endless.result).toEqual({ success: false, error: reading, reason: 'timeout' });
    expect(endless.stdout).toBe('started');
  });
});
