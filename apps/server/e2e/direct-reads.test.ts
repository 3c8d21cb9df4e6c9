import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import type { RawAnswer } from './support/raw-request.ts';
import { sendRaw } from './support/raw-request.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
  await node.put('plain');
  await node.put('wide', { displayname: 'Jürgen 東京 😀' });
});
afterAll(cleanUp);

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> =>
  sendRaw(`${node.url}${path}`, { method: 'GET', headers });

describe('a plain read of one job', () => {
  it.each(['plain', 'wide'])('of %s is the answer of the long way, byte for byte', async (name) => {
    const id = { 'x-request-id': 'same' };
    const direct = await get(`/v1/jobs/${name}`, id);
    expect(direct.status).toBe(200);
    expect(JSON.parse(direct.body)).toMatchObject({ name });
    // A parameter that nobody reads.
    expect(direct).toEqual(await get(`/v1/jobs/${name}?unread`, id));
  });

  it('sees what was written right before', async () => {
    for (const owner of ['a', 'b', 'c']) {
      await node.call('POST', '/v1/jobs', { body: job('plain', { owner }) });
      expect(JSON.parse((await get('/v1/jobs/plain')).body)).toMatchObject({ owner });
    }
  });

  it('goes the long way where more is asked', async () => {
    expect((await get('/v1/jobs/nobody')).status).toBe(404);
    expect((await get('/v1/jobs/PLAIN')).status).toBe(404);
    expect((await get('/v1/jobs/plain', { 'if-none-match': '*' })).status).toBe(304);
    expect((await get('/v1/jobs/plain?pretty')).body).toContain('\n    "name": "plain"');
    expect((await get('/v1/jobs/plain', { origin: 'http://elsewhere.example' })).headers).toContain('*');
    expect((await get('/v1/jobs/plain/')).status).toBe(301);
    expect((await node.call('HEAD', '/v1/jobs/plain')).status).toBe(404);
  });
});
