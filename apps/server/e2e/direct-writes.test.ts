import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import type { RawAnswer } from './support/raw-request.ts';
import { sendRaw } from './support/raw-request.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

type Headers = Readonly<Record<string, string>>;

function post(path: string, body: string, headers: Headers = {}): Promise<RawAnswer> {
  const own = { 'x-request-id': 'same', 'content-length': Buffer.byteLength(body) };
  return sendRaw(`${node.url}${path}`, { method: 'POST', headers: { ...own, ...headers }, body });
}

/** A parameter that nobody reads makes the request take the long way. */
const LONG = '/v1/jobs?unread';

/** Of both ways, for a job of the same name; its version is in the tag. */
async function bothWays(body: string, headers?: Headers): Promise<{ direct: RawAnswer; long: RawAnswer }> {
  const direct = await post('/v1/jobs', body, headers);
  return { direct, long: await post(LONG, body, headers) };
}

describe('a plain create', () => {
  it.each([
    ['plain', {}],
    ['wide', { displayname: 'Jürgen 東京 😀' }],
  ])('of %s is stored and answered as by the long way, byte for byte', async (name, fields) => {
    const body = JSON.stringify(job(name, fields));
    await post(LONG, body);
    const { direct, long } = await bothWays(body);
    expect(direct.status).toBe(201);
    const tag = (raw: RawAnswer): string => String(raw.headers[raw.headers.indexOf('ETag') + 1]);
    expect(tag(direct)).not.toBe(tag(long));
    // Paths differ by the parameter.
    const same = ({ headers, body: text }: RawAnswer): unknown => [
      headers.map((header) => header.replace('?unread', '').replace(/^"\d+-\d+"$/, 'tag')),
      text,
    ];
    expect(same(direct)).toEqual(same(long));
    expect((await node.call('GET', `/v1/jobs/${name}`)).json).toMatchObject({ name, ...fields });
  });

  it.each([
    ['no JSON', '{"name":'],
    ['a wrong type', '{"name":"a","schedule":"@every 1s","executor":"shell","retries":"many"}'],
    ['an unknown zone', JSON.stringify(job('zone', { timezone: 'Mars/Olympus' }))],
    ['a parent that is not there', JSON.stringify(job('orphan', { parent_job: 'nobody' }))],
    ['bytes that are no text', '\u0000\u0001'],
  ])('with %s is refused as by the long way', async (_, body) => {
    for (const headers of [{}, { accept: 'application/json' }]) {
      const { direct, long } = await bothWays(body, headers);
      expect([400, 404]).toContain(direct.status);
      expect(direct).toEqual(long);
    }
  });

  it('is refused while submissions are paused', async () => {
    await node.call('POST', '/v1/pause', {});
    const { direct, long } = await bothWays(JSON.stringify(job('late')));
    await node.call('POST', '/v1/unpause', {});
    expect(direct.status).toBe(503);
    expect(direct).toEqual(long);
  });

  it('goes the long way where more is asked', async () => {
    const body = JSON.stringify(job('asked'));
    expect((await post('/v1/jobs', body, { 'if-match': '"999-1"' })).status).toBe(412);
    expect((await post('/v1/jobs', body, { 'if-none-match': '*' })).status).toBe(201);
    expect((await post('/v1/jobs', body, { 'if-none-match': '*' })).status).toBe(412);
    expect((await post('/v1/jobs', body, { origin: 'http://elsewhere.example' })).status).toBe(403);
    expect((await post('/v1/jobs?dry_run', JSON.stringify(job('dry')))).status).toBe(200);
    expect((await node.call('GET', '/v1/jobs/dry')).status).toBe(404);
    expect((await post('/v1/jobs', '')).status).toBe(400);
    expect((await post('/v1/jobs', `{"name":"${'x'.repeat(2_000_000)}"}`)).status).toBe(413);
  });

  it('whose client goes away behind the body is stored all the same', async () => {
    const { hostname, port } = new URL(node.url);
    const before = node.log.length;
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify(job(`gone-${i}`));
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(`POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      socket.end();
      socket.destroy();
    }
    expect((await post('/v1/jobs', JSON.stringify(job('after')))).status).toBe(201);
    await expect
      .poll(async () => (await node.call('GET', '/v1/jobs?q=gone-')).json, { timeout: 20_000 })
      .toHaveLength(20);
    expect(node.log.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that breaks off stores nothing and harms nobody', async () => {
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{"name":"broken"');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.resetAndDestroy();
    expect((await post('/v1/jobs', JSON.stringify(job('after')))).status).toBe(201);
    expect((await node.call('GET', '/v1/jobs/broken')).status).toBe(404);
  });
});
