import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HttpReceiver } from '../../test/http-receiver.ts';
import { INPUT } from '../../test/input.ts';
import { processorSuite } from '../suite/index.ts';
import type { ElasticsearchProcessorOptions } from './index.ts';
import { elasticsearchProcessor } from './index.ts';

const receiver = new HttpReceiver();
beforeAll(() => receiver.listen());
beforeEach(() => receiver.reset());
afterAll(() => receiver.close());

const modules = () => ({ timers: { ...receiver.timers, sleep: async () => {} } });
const send = async (config: Record<string, string>, options: ElasticsearchProcessorOptions = {}) => {
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return Buffer.from(await elasticsearchProcessor(options, modules()).process(INPUT, config, context)).toString();
};

const KEY = 'k-3a9f1';
describe('with a receiver', () => {
  processorSuite(
    { describe, it },
    {
      name: 'elasticsearch',
      make: () => elasticsearchProcessor({}, modules()),
      get config() {
        return { url: receiver.url, username: 'elastic', password: KEY };
      },
      badConfigs: {
        url: {},
        index: { url: 'http://127.0.0.1:1', index: '../_all' },
        op_type: { url: 'http://127.0.0.1:1', op_type: 'delete' },
      },
      failing: {
        make: () => elasticsearchProcessor({}, modules()),
        get config() {
          return { url: `${receiver.url}/echo/`, api_key: KEY };
        },
      },
      hanging: {
        make: () => elasticsearchProcessor({}, modules()),
        get config() {
          return { url: `${receiver.url}/hang` };
        },
      },
      secrets: [KEY],
    },
  );
});

it('stores a document under the id of the execution', async () => {
  expect(await send({ url: `${receiver.url}/base/`, index: 'runs-2026' })).toBe('Output sent to Elasticsearch');
  expect(receiver.requests[0]).toMatchObject({ method: 'PUT', path: '/base/runs-2026/_doc/1-node' });
  expect(JSON.parse(receiver.requests[0]!.body.toString())).toMatchObject({
    '@timestamp': '2026-01-01T00:00:01Z',
    job_name: 'job',
    output: 'content',
  });
});

it('takes for stored what a data stream has already', async () => {
  await send({ url: `${receiver.url}/fail/9/409`, op_type: 'create' });
  expect(receiver.requests[0]?.path).toBe('/fail/9/409/dkron/_create/1-node');
  await expect(send({ url: `${receiver.url}/fail/9/409` })).rejects.toThrow('answered 409');
  await expect(send({ url: 'http://127.0.0.1:1/' })).rejects.toThrow(
    /^processor elasticsearch: http:..127\.0\.0\.1:1: /,
  );
});

it("never sends the node's credentials to an address of the job", async () => {
  const node = { url: receiver.url, username: 'node', password: 'secret' };
  await send({}, node);
  expect(receiver.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('node:secret').toString('base64')}`);
  await send({ url: receiver.url }, node);
  expect(receiver.requests[1]?.headers.authorization).toBeUndefined();
});
