import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

const FRIEND = 'https://ops.example.org';
const STRANGER = 'https://elsewhere.example.org';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ corsOrigins: [FRIEND], maxBodySize: 10_000 });
});
afterAll(cleanUp);

/** What the server sends back for these bytes, until it closes the connection. */
function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(node.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('origins', () => {
  const preflight = (origin: string) =>
    node.call('OPTIONS', '/v1/jobs', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });

  it('G-A14: answers the preflight of a listed origin only', async () => {
    const allowed = await preflight(FRIEND);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type');
    expect((await preflight(STRANGER)).status).toBe(404);
  });

  it('G-T3: pages of other origins write only when listed, and a refused write changes nothing', async () => {
    const write = (origin: string, name: string) =>
      node.call('POST', '/v1/jobs', { body: job(name), headers: { origin, accept: 'application/json' } });
    const refused = await write(STRANGER, 'foreign');
    expect([refused.status, refused.json.code, refused.json.field]).toEqual([403, 'origin_not_allowed', 'Origin']);
    expect((await node.get('/v1/jobs/foreign')).status).toBe(404);
    expect((await write(FRIEND, 'friendly')).status).toBe(201);
    expect((await write(node.url, 'own')).status).toBe(201);
    expect((await node.get('/v1/jobs/own', { origin: STRANGER })).headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('headers', () => {
  it('takes over a request id that can be printed, and makes one otherwise', async () => {
    const idOf = async (sent: string) => (await node.get('/v1', { 'x-request-id': sent })).headers.get('x-request-id');
    expect(await idOf('abc 123')).toBe('abc 123');
    expect(await idOf('x'.repeat(129))).toMatch(/^[\da-f-]{36}$/);
    expect((await node.get('/nope')).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('a client that does not wait for the end of its run', () => {
  it('is no error of the server, and the run goes on', async () => {
    await node.put('left', shell('sleep 0.5; echo done'));
    const before = node.log.length;
    const gone = AbortSignal.timeout(200);
    await fetch(`${node.url}/v1/jobs/left/run`, { method: 'POST', signal: gone }).catch(() => undefined);
    const [end] = await until('the run ended', async () => {
      const executions = await node.executions('left');
      return executions[0]?.state === 'success' && executions;
    });
    expect(end.output).toBe('done\n');
    expect(node.log.slice(before).filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });
});

describe('names of headers', () => {
  it.each([
    ['GET /v1/jobs', ['Content-Type', 'X-Whom', 'X-Total-Count', 'X-Request-Id', 'Content-Length']],
    ['GET /v1/jobs/cased', ['Content-Type', 'ETag', 'X-Whom']],
    ['GET /v1/events', ['Content-Type', 'Cache-Control', 'X-Accel-Buffering', 'X-Whom']],
    ['POST /v1/executions', ['Allow', 'Content-Type']],
  ])('%s: written as the original writes them', async (target, names) => {
    await node.put('cased');
    const { hostname, port } = new URL(node.url);
    const head = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(`${target} HTTP/1.1\r\nHost: x\r\n\r\n`));
      socket.setEncoding('latin1').once('data', (text: string) => {
        socket.destroy();
        resolve(text.split('\r\n\r\n')[0]!);
      });
      socket.on('error', reject);
    });
    const written = head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(':')[0]!);
    expect(written).toEqual(expect.arrayContaining(names));
    expect(written.filter((name) => /^[a-z]/.test(name))).toEqual([]);
  });
});

describe('bodies', () => {
  it('are limited, but for a backup', async () => {
    const large = job('large', { owner: 'x'.repeat(20_000) });
    const refused = await node.call('POST', '/v1/jobs', { body: large, headers: { accept: 'application/json' } });
    expect([refused.status, refused.json.code]).toEqual([413, 'too_large']);
    expect((await node.call('POST', '/v1/jobs/any/toggle', { body: large })).status).toBe(413);
    const form = new FormData();
    form.set('file', new Blob([JSON.stringify([large])]), 'jobs.json');
    const restored = await fetch(`${node.url}/v1/restore`, { method: 'POST', body: form });
    expect([restored.status, await restored.json()]).toEqual([200, '["success create large"]']);
  });

  it('of additive paths are JSON or nothing', async () => {
    const post = (headers: Record<string, string>, body?: string) =>
      node.call('POST', '/v1/scheduler/resume', { headers, ...(body === undefined ? {} : { body }) });
    expect((await post({ 'content-type': 'text/csv' }, 'a,b')).status).toBe(415);
    expect((await post({ 'content-type': 'application/json; charset=utf-8' }, '{}')).status).toBe(200);
    expect((await post({ 'content-type': 'text/csv' })).status).toBe(200);
  });
});

describe('backups', () => {
  it('G-A5: says what is wrong with a backup to who asks for JSON, and stores nothing of it', async () => {
    const form = new FormData();
    form.set('file', new Blob([JSON.stringify([job('fine'), job('Bad')])]), 'jobs.json');
    const headers = { accept: 'application/json' };
    const refused = await fetch(`${node.url}/v1/restore`, { method: 'POST', body: form, headers });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ field: '[1].name', code: 'invalid_value' });
    expect((await node.get('/v1/jobs/fine')).status).toBe(404);
  });

  it('of many jobs and generations come back in full', async () => {
    const jobs = Array.from({ length: 700 }, (_, i) =>
      i === 0 ? job('gen-0') : job(`gen-${i}`, { parent_job: `gen-${Math.floor((i - 1) / 3)}`, schedule: '' }),
    );
    const form = new FormData();
    form.set('file', new Blob([JSON.stringify(jobs.toReversed())]), 'jobs.json');
    const restored = await fetch(`${node.url}/v1/restore`, { method: 'POST', body: form });
    const lines = JSON.parse((await restored.json()) as string) as string[];
    expect(lines).toHaveLength(700);
    expect(lines.every((line) => line.startsWith('success create gen-'))).toBe(true);
    expect((await node.get('/v1/jobs?q=gen-&_end=0')).headers.get('x-total-count')).toBe('700');
    expect((await node.get('/v1/jobs/gen-0')).json.dependent_jobs).toHaveLength(3);
  });
});

describe('an upload that its client breaks off', () => {
  it.each([
    ['with a length', 'Content-Length: 1000\r\n\r\n{"name":'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"nam\r\n'],
  ])('%s: no error of the server', async (_, rest) => {
    const { hostname, port } = new URL(node.url);
    const before = node.log.length;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST /v1/jobs HTTP/1.1\r\nHost: x\r\n${rest}`, () => setTimeout(() => socket.destroy(), 50));
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    const lines = await until('the server saw it', async () => {
      await node.get('/health');
      const seen = node.log.slice(before).filter(({ message }) => message.startsWith('api:'));
      return seen.length > 0 && seen;
    });
    expect(lines.map(({ level, message }) => [level, message])).toEqual([['debug', 'api: a request broke off']]);
    expect(JSON.stringify(lines)).not.toContain('    at ');
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a method nobody knows', 'FOO /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 404 .*404 page not found$/s],
    ['no request line', 'hello\r\n\r\n', /^HTTP\/1\.1 40[04] /],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'a method nobody knows, on a path of ours',
      'FOO /v1/executions?x=1 HTTP/1.1\r\nHost: x\r\n\r\n',
      /^HTTP\/1\.1 405 .*\r\nAllow: GET\r\n.*\{"error":"method FOO is not .*"code":"method_not_allowed"/s,
    ],
    [
      'a method the parser knows, on a path of ours',
      'PROPFIND /v1/executions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 405 .*\r\nAllow: GET\r\n.*"code":"method_not_allowed"/is,
    ],
    ['a malformed escape', 'GET /v1/jobs/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('%s is answered, and the server goes on', async (_, bytes, expected) => {
    expect(await exchange(bytes)).toMatch(expected);
    expect((await node.get('/health')).json).toEqual({ leader: true, status: 'healthy' });
  });
});
