import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import type { Connector } from './connector.ts';
import { Exchange } from './exchange.ts';
import { HostQueue } from './host-queue.ts';
import { httpExecutor } from './index.ts';
import { readSettings } from './settings.ts';

const PER_HOST = 20;
const executor = httpExecutor();
const cleanUp: (() => void)[] = [];

afterEach(() => {
  for (const end of cleanUp.splice(0)) end();
});

interface Listening {
  readonly url: string;
  readonly host: string;
  readonly sockets: Set<Socket>;
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}/`, host, sockets };
}

/** A server that knows no HTTP: does this when a request came. */
const raw = (onRequest: (socket: Socket, head: string) => void): Promise<Listening> =>
  listen(createServer((socket) => void socket.once('data', (head) => onRequest(socket, head.toString('latin1')))));

const get = (url: string, more: Record<string, string> = {}, signal?: AbortSignal): Promise<TestRun> =>
  attempt(executor, { method: 'GET', url, ...more }, signal && { signal });

/** Resolves when the condition holds after an event of the server. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const answering = (text: string | Buffer): Promise<Listening> => raw((socket) => void socket.end(text));

describe('what is sent', () => {
  async function sent(config: Record<string, string>, path = ''): Promise<string[]> {
    let head = '';
    const { url } = await raw((socket, text) => {
      head = text;
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const { result } = await get(url.replace('//', `//${path}`), config);
    expect(result.error).toBe('');
    return head.split('\r\n');
  }

  it('has the method as it is written, even one that is no word', async () => {
    expect((await sent({ method: 'pOst' }))[0]).toBe('pOst / HTTP/1.1');
    expect((await sent({ method: 'X-1' }))[0]).toBe('X-1 / HTTP/1.1');
  });

  it('names the host, and asks for the end of the connection, whatever the headers say', async () => {
    const headers = JSON.stringify([
      'Connection: keep-alive',
      'Transfer-Encoding: chunked',
      'Content-Length: 9',
      'A: 1',
    ]);
    const lines = (await sent({ method: 'POST', body: 'ä', headers })).map((line) => line.toLowerCase());
    expect(lines).toEqual(expect.arrayContaining(['connection: close', 'content-length: 2', 'a: 1']));
    expect(
      lines.filter((line) => /^(host: 127\.0\.0\.1:\d+|connection|content-length|transfer-encoding)/.test(line)),
    ).toHaveLength(3);
  });

  it('shows the name and the password of the address, unless a header does', async () => {
    const basic = (text: string): string => `authorization: Basic ${Buffer.from(text).toString('base64')}`;
    expect(await sent({}, 'me:p%40ss@')).toContain(basic('me:p@ss'));
    expect(await sent({ headers: '["Authorization: own"]' }, 'me:p%40ss@')).toContain('authorization: own');
  });

  it('has headers in UTF-8, with a body and without', async () => {
    const header = `x: ${Buffer.from('naïve ✓').toString('latin1')}`;
    for (const body of ['', 'é'])
      expect(await sent({ method: 'POST', headers: '["X: naïve ✓"]', body })).toContain(header);
  });
});

describe('answers that are none', () => {
  it.each([
    ['nothing', '', 'EOF'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 'EOF'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'EOF'],
  ])('%s', async (_title, text, cause) => {
    const { url } = await answering(text);
    expect((await get(url)).result).toEqual({
      success: false,
      error: `Get "${url}": ${cause}`,
      reason: 'executor',
    });
  });

  it('no HTTP', async () => {
    const { url } = await answering('SSH-2.0-OpenSSH_9.6\r\n');
    expect((await get(url)).result.error).toMatch(/^Get "http:.*": Parse Error: /);
  });

  it('a reset', async () => {
    const { url } = await raw((socket) => void socket.resetAndDestroy());
    expect((await get(url)).result.error).toBe(`Get "${url}": read: connection reset by peer`);
  });

  it.each([
    ['GE T', /^Get? t ".*": .*valid HTTP token/],
    ['CONNECT', /^Connect ".*": EOF/],
  ])('method %s', async (method, error) => {
    const { url } = await answering('HTTP/1.1 200 OK\r\n\r\n');
    expect((await get(url, { method })).result.error).toMatch(error);
  });
});

describe('bodies', () => {
  it.each([
    ['until the end', 'HTTP/1.0 200 OK\r\n\r\nbody', 'body', ''],
    [
      'of chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\nA: b\r\n\r\n',
      'body',
      '',
    ],
    [
      'after notices',
      'HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody',
      'body',
      '',
    ],
    ['with more behind', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n\r\n', 'body', ''],
    ['of too few chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n', 'bo', 'unexpected EOF'],
    [
      'of garbled chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\nx\r\n',
      'bo',
      'unexpected EOF',
    ],
  ])('%s', async (_title, text, output, error) => {
    const run = await get((await answering(text)).url);
    expect([run.stdout, run.result.error]).toEqual([output, error]);
  });

  it('that is packed and breaks off', async () => {
    const packed = gzipSync('a'.repeat(1_000));
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`;
    const whole = await answering(Buffer.concat([Buffer.from(head), packed]));
    expect((await get(whole.url)).stdout).toHaveLength(1_000);
    const broken = await answering(Buffer.concat([Buffer.from(head), packed.subarray(0, -9)]));
    expect((await get(broken.url)).result.error).toBe('unexpected EOF');
    const other = await answering('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody');
    expect((await get(other.url)).result.error).toBe('gzip: invalid header');
  });
});

describe('requests to one host', () => {
  it('are so many at a time; one that waits can be cancelled, and the others follow', async () => {
    const waiting: Socket[] = [];
    const { url, sockets } = await raw((socket) => void waiting.push(socket));
    const cancels = Array.from({ length: PER_HOST + 2 }, () => new AbortController());
    const runs = cancels.map(({ signal }) => get(url, {}, signal));
    await until(() => waiting.length === PER_HOST);
    cancels[PER_HOST]!.abort();
    expect((await runs[PER_HOST]!).result.reason).toBe('cancelled');
    expect(sockets.size).toBe(PER_HOST);
    cancels[0]!.abort();
    expect((await runs[0]!).result.reason).toBe('cancelled');
    await until(() => waiting.length === PER_HOST + 1);
    for (const socket of waiting) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const ends = await Promise.all(runs);
    expect(ends.filter(({ result }) => result.success)).toHaveLength(PER_HOST);
  });

  it('wait for no end of their own when all are redirected to it', async () => {
    const server = createHttpServer((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/there' }).end();
      else response.end('there');
    });
    const { url } = await listen(server);
    const runs = await Promise.all(Array.from({ length: PER_HOST * 2 }, () => get(url)));
    expect(runs.every(({ stdout }) => stdout === 'there')).toBe(true);
  });

  it('end with their connection when cancelled, before and after the head of the answer', async () => {
    for (const head of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstart']) {
      const { url, sockets } = await raw((socket) => void socket.write(head));
      const cancel = new AbortController();
      const run = attempt(executor, { method: 'GET', url }, { signal: cancel.signal, onOutput: () => cancel.abort() });
      if (head === '') void until(() => sockets.size === 1).then(() => cancel.abort());
      expect((await run).result.reason).toBe('cancelled');
      await until(() => sockets.size === 0);
    }
  });

  it('leave their place when no connection can be made', async () => {
    const queue = new HostQueue(1);
    const connect = (): never => {
      throw new Error('no descriptors');
    };
    const error = await new Promise<Error>((resolve, reject) => {
      const ended = (): void => reject(new Error('there was an answer'));
      const exchange = new Exchange({ queue, connect } as unknown as Connector, {
        body: ended,
        ended,
        failed: resolve,
      });
      exchange.begin(readSettings({ method: 'GET', url: 'http://h/' }));
    });
    expect(error.message).toBe('Get "http://h/": no descriptors');
    expect(queue.size).toBe(0);
  });
});
