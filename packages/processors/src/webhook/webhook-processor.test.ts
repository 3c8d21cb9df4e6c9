import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HttpReceiver } from '../../test/http-receiver.ts';
import { INPUT } from '../../test/input.ts';
import { processorSuite } from '../suite/index.ts';
import { webhookProcessor } from './index.ts';

const receiver = new HttpReceiver();
beforeAll(() => receiver.listen());
beforeEach(() => receiver.reset());
afterAll(() => receiver.close());

const quick = { sleep: async () => {} };
const modules = () => ({ timers: { ...receiver.timers, ...quick } });
const send = async (config: Record<string, string>, input = INPUT) => {
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return Buffer.from(await webhookProcessor(modules()).process(input, config, context)).toString();
};

const KEY = 'k-3a9f1';
describe('with a receiver', () => {
  processorSuite(
    { describe, it },
    {
      name: 'webhook',
      make: () => webhookProcessor(modules()),
      get config() {
        return {
          url: `${receiver.url.replace('//', `//user:pass-${KEY}@`)}/hooks/${KEY}?token=${KEY}`,
          headers: JSON.stringify([`X-Key: ${KEY}`]),
        };
      },
      badConfigs: {
        url: {},
        'url:': { url: `gopher://x/${KEY}` },
        method: { url: 'http://127.0.0.1:1/', method: 'GET' },
        headers: { url: 'http://127.0.0.1:1/', headers: KEY },
        'headers:': { url: 'http://127.0.0.1:1/', headers: JSON.stringify([`X ${KEY}`]) },
      },
      failing: {
        make: () => webhookProcessor(modules()),
        get config() {
          return { url: `${receiver.url}/echo/${KEY}`, headers: JSON.stringify([`X-Key: ${KEY}`]) };
        },
      },
      hanging: {
        make: () => webhookProcessor(modules()),
        get config() {
          return { url: `${receiver.url}/hang` };
        },
      },
      secrets: [KEY],
    },
  );
});

it('sends the run as JSON, or the output as it is', async () => {
  expect(await send({ url: receiver.url, headers: '["X-A: b: c"]' })).toBe('Output sent to webhook');
  expect(receiver.requests[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': '1-node', 'x-a': 'b: c' },
  });
  expect(JSON.parse(receiver.requests[0]!.body.toString())).toEqual({
    execution_id: '1-node',
    job_name: 'job',
    node_name: 'worker',
    reporting_node: 'leader',
    success: true,
    started_at: '2026-01-01T00:00:00Z',
    finished_at: '2026-01-01T00:00:01Z',
    group: '1767225600000000000',
    attempt: 2,
    output: 'content',
  });
  const bytes = Uint8Array.from([0xff, 0]);
  await send({ url: receiver.url, content: 'output', method: 'PUT' }, { ...INPUT, output: bytes });
  expect(receiver.requests[1]).toMatchObject({ method: 'PUT', body: Buffer.from(bytes) });
  await send({ url: receiver.url }, { ...INPUT, output: bytes });
  expect(JSON.parse(receiver.requests[2]!.body.toString())).toMatchObject({
    output: '\ufffd\0',
    output_base64: '/wA=',
  });
});

it('tries again what may pass, and not what will not', async () => {
  expect(await send({ url: `${receiver.url}/fail/2/503` })).toBe('Output sent to webhook');
  expect(receiver.requests).toHaveLength(3);
  await expect(send({ url: `${receiver.url}/fail/9/429` })).rejects.toThrow(
    `processor webhook: ${receiver.url} answered 429 not now`,
  );
  expect(receiver.requests).toHaveLength(6);
  for (const status of [400, 302]) {
    receiver.reset();
    await expect(send({ url: `${receiver.url}/fail/9/${status}` })).rejects.toThrow(`answered ${status}`);
    expect(receiver.requests).toHaveLength(1);
  }
});

it('sends only the ends that it is asked for', async () => {
  expect(await send({ url: receiver.url, on: 'failure' })).toBe('content');
  expect(await send({ url: receiver.url, on: 'success' }, { ...INPUT, success: false })).toBe('content');
  expect(receiver.requests).toHaveLength(0);
  await send({ url: receiver.url, on: 'failure' }, { ...INPUT, success: false });
  expect(receiver.requests).toHaveLength(1);
});
