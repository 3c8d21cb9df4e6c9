import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HttpReceiver } from '../../test/http-receiver.ts';
import { INPUT } from '../../test/input.ts';
import { processorSuite } from '../suite/index.ts';
import { s3Processor } from './index.ts';

const receiver = new HttpReceiver();
beforeAll(() => receiver.listen());
beforeEach(() => receiver.reset());
afterAll(() => receiver.close());

const KEY = 'k-3a9f1';
const ACCESS = { access_key_id: 'me', secret_access_key: KEY };
const modules = () => ({ timers: { ...receiver.timers, sleep: async () => {} } });
const send = async (config: Record<string, string>, input = INPUT) => {
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return Buffer.from(await s3Processor(modules()).process(input, config, context)).toString();
};

describe('with a receiver', () => {
  processorSuite(
    { describe, it },
    {
      name: 's3',
      make: () => s3Processor(modules()),
      get config() {
        return { bucket: 'logs', endpoint: receiver.url, ...ACCESS, session_token: KEY };
      },
      badConfigs: {
        bucket: {},
        access_key_id: { bucket: 'logs', endpoint: 'http://127.0.0.1:1' },
        secret_access_key: { bucket: 'logs', access_key_id: 'me' },
        endpoint: { bucket: 'logs', endpoint: 'nowhere', ...ACCESS },
      },
      failing: {
        make: () => s3Processor(modules()),
        get config() {
          return { bucket: 'logs', endpoint: `${receiver.url}/echo`, ...ACCESS, session_token: KEY };
        },
      },
      hanging: {
        make: () => s3Processor(modules()),
        get config() {
          return { bucket: 'logs', endpoint: `${receiver.url}/hang`, ...ACCESS };
        },
      },
      secrets: [KEY],
    },
  );
});

it('stores an object named by job and execution', async () => {
  const config = { bucket: 'logs', prefix: 'dkron/', endpoint: receiver.url, ...ACCESS };
  expect(await send(config)).toBe('s3://logs/dkron/job/1-node.log');
  expect(receiver.requests[0]).toMatchObject({
    method: 'PUT',
    path: expect.stringMatching(/^\/logs\/dkron\/job\/1-node\.log(\?|$)/) as string,
    headers: { 'x-amz-meta-success': 'true', 'content-type': 'text/plain' },
  });
  expect(receiver.requests[0]!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=me\//);
  expect(receiver.requests[0]!.body.toString()).toBe('content');
});

it('tries again what may pass, and not what will not', async () => {
  const config = { bucket: 'logs', ...ACCESS };
  await send({ ...config, endpoint: `${receiver.url}/fail/2/503` });
  expect(receiver.requests).toHaveLength(3);
  receiver.reset();
  await expect(send({ ...config, endpoint: `${receiver.url}/fail/9/403` })).rejects.toThrow(
    /^processor s3: bucket logs: /,
  );
  expect(receiver.requests).toHaveLength(1);
});
