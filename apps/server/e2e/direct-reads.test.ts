import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
  await node.put('plain');
  await node.put('wide', { displayname: 'Jürgen 東京 😀' });
});
afterAll(cleanUp);

interface Raw {
  readonly status: number | undefined;
  /** Names and values as they were sent, without the date. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** With the names of headers as they come. */
function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request(`${node.url}${path}`, { headers }, (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { rawHeaders } = answer;
        const kept = rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)] !== 'Date');
        resolve({ status: answer.statusCode, headers: kept, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

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
