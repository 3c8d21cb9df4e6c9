import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { executorSuite } from '../suite/index.ts';
import { gcppubsubExecutor } from './index.ts';
import { encodePublish } from './messages.ts';
import { targetOf } from './service.ts';

const asIs = (bytes: Buffer): Buffer => bytes;
const method = {
  path: '/google.pubsub.v1.Publisher/Publish',
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
/** An answer with one id. */
const answer = (id: string): Buffer => Buffer.concat([Buffer.from([10, id.length]), Buffer.from(id)]);

const emulator = new Server();
const seen: { readonly bytes: Buffer; readonly topic: unknown }[] = [];
const env: { PUBSUB_EMULATOR_HOST?: string } = {};
let reached: (() => void) | undefined;
const executor = gcppubsubExecutor({ env });
const base = { project: 'p', topic: 't' };
const send = (more: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
  attempt(executor, { ...base, ...more }, options);

beforeAll(async () => {
  const publish = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void => {
    seen.push({ bytes: call.request, topic: call.metadata.get('x-goog-request-params')[0] });
    const text = call.request.toString('latin1');
    if (text.includes('topics/silent')) reached?.();
    else if (text.includes('topics/none')) done({ code: status.NOT_FOUND, details: 'Topic not found' });
    else if (text.includes('topics/empty')) done(null, Buffer.alloc(0));
    else done(null, answer('m1'));
  };
  emulator.addService({ publish: method }, { publish });
  const port = await new Promise<number>((resolve, reject) =>
    emulator.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${port}`;
});
afterAll(async () => {
  await executor.close?.();
  emulator.forceShutdown();
});

executorSuite(
  { describe, it },
  {
    name: 'gcppubsub',
    executor: () => executor,
    succeeding: { config: () => ({ ...base, data: 'aGk=' }), output: 'm1' },
    failing: () => ({ ...base, topic: 'none', data: 'aGk=' }),
    broken: () => ({ ...base, data: 'no base64' }),
    endless: () => ({ ...base, topic: 'silent', data: 'aGk=', timeout: '0' }),
    begun: () => new Promise((resolve) => (reached = resolve)),
    badConfigs: [
      { title: 'no project', config: () => ({ topic: 't' }), error: /^missing project$/ },
      { title: 'no topic', config: () => ({ project: 'p' }), error: /^missing topic$/ },
      {
        title: 'neither data nor attributes',
        config: () => base,
        error: /^convert config to pubsub message: at least one of these fields should be set 'attributes, data'$/,
      },
      {
        title: 'a list of attributes',
        config: () => ({ ...base, attributes: '["a"]' }),
        error: /attributes: not a JSON/,
      },
      { title: 'a number as attribute', config: () => ({ ...base, attributes: '{"a":1}' }), error: /attributes: not/ },
      { title: 'another topic', config: () => ({ ...base, topic: 'x/topics/y', data: 'aGk=' }), error: /topic: an id/ },
      { title: 'no such topic', config: () => ({ ...base, topic: 'none', data: 'aGk=' }), error: /Topic not found$/ },
      { title: 'no id', config: () => ({ ...base, topic: 'empty', data: 'aGk=' }), error: /no id$/ },
    ],
  },
);

describe('a message', () => {
  it('has data, attributes and the key of its order', async () => {
    seen.length = 0;
    await send({ data: 'AP8=', attributes: '{"a":"1","__proto__":"2"}', orderingKey: 'k' });
    const attributes = new Map([
      ['a', '1'],
      ['__proto__', '2'],
    ]);
    const data = Buffer.from([0, 255]);
    const bytes = encodePublish('projects/p/topics/t', { data, attributes, orderingKey: 'k' });
    expect(seen).toEqual([{ bytes, topic: 'topic=projects%2Fp%2Ftopics%2Ft' }]);
    expect(bytes.toString('hex')).toBe(
      '0a1370726f6a656374732f702f746f706963732f74' +
        '121f0a0200ff12060a0161120131120e0a095f5f70726f746f5f5f1201322a016b',
    );
  });

  it('ends after its own limit as in the original', async () => {
    const { result } = await send({ topic: 'silent', data: 'aGk=', timeout: '1' });
    expect(result).toEqual({ success: false, error: 'context deadline exceeded', reason: 'timeout' });
  });
});

describe('where messages go', () => {
  it('is the emulator that the environment names', () => {
    expect(targetOf({ PUBSUB_EMULATOR_HOST: 'http://localhost:8085/' })).toEqual({
      host: 'localhost:8085',
      emulator: true,
    });
    expect(targetOf({ PUBSUB_EMULATOR_HOST: '' })).toEqual({ host: 'pubsub.googleapis.com:443', emulator: false });
  });

  it('needs default credentials when it is the service of Google', async () => {
    const own = gcppubsubExecutor({ env: {} });
    const before = process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = '/nonexistent/key.json';
    try {
      const { result } = await attempt(own, { ...base, data: 'aGk=' });
      expect(result).toMatchObject({ success: false, reason: 'executor' });
      expect(result.error).toMatch(/^gcppubsub: no default credentials: .*\/nonexistent\/key.json/);
    } finally {
      if (before === undefined) delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
      else process.env['GOOGLE_APPLICATION_CREDENTIALS'] = before;
      await own.close?.();
    }
  });
});
