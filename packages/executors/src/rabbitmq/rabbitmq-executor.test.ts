import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { SilentServer } from '../../test/silent-server.ts';
import { rabbitmqExecutor } from './index.ts';
import { readSettings } from './settings.ts';

const executor = rabbitmqExecutor();
const silent = new SilentServer();
let url: string;

beforeAll(async () => {
  await silent.start();
  url = `amqp://guest:s3cret-word@127.0.0.1:${silent.port}`;
});
afterAll(async () => {
  await executor.close?.();
  await silent.stop();
});

const errorOf = async (config: Record<string, string>): Promise<string> =>
  (await attempt(executor, config)).result.error;

describe('the configuration', () => {
  it.each([
    ['nothing', {}, 'RabbitMQ config is empty'],
    ['no url', { 'queue.name': 'q' }, 'RabbitMQ url is empty'],
    ['no queue', { url: 'amqp://h' }, 'RabbitMQ queue name is empty'],
    ['another protocol', { url: 'http://h', 'queue.name': 'q' }, /^rabbitmq: url: must be as amqp:/],
    [
      'two bodies',
      { url: 'amqp://h', 'queue.name': 'q', 'message.body': 'a', 'message.base64Body': 'YQ==' },
      'RabbitMQ message.body and message.base64Body are both set',
    ],
    ['bad base64', { url: 'amqp://h', 'queue.name': 'q', 'message.base64Body': 'YQ' }, /base64Body: not base64/],
    ['a mode of 256', { url: 'amqp://h', 'queue.name': 'q', 'message.delivery_mode': '256' }, /0 to 255/],
    ['a long name', { url: 'amqp://h', 'queue.name': 'q'.repeat(256) }, /queue.name: must be at most 255 bytes/],
    ['a bad limit', { url: 'amqp://h', 'queue.name': 'q', timeout: 'x' }, /timeout: not a number of seconds/],
  ])('%s cannot begin', async (_title, config, error) => {
    expect(await errorOf(config as Record<string, string>)).toMatch(error);
  });

  it('reads what the original reads, as it does', async () => {
    const base = { url: 'amqp://h', 'queue.name': 'q' };
    expect(await readSettings(base)).toMatchObject({
      queue: 'q',
      exchange: '',
      declared: undefined,
      contentType: 'text/plain',
      deliveryMode: 0,
      mandatory: true,
      body: Buffer.alloc(0),
      messageId: '',
    });
    // The presence of the key counts, for the queue and for the body.
    const declared = { durable: true, autoDelete: false, exclusive: false };
    expect((await readSettings({ ...base, 'queue.create': '', 'queue.durable': 'T' })).declared).toEqual(declared);
    expect((await readSettings({ ...base, 'queue.create': 'false', 'queue.durable': '1' })).declared).toBeUndefined();
    expect((await readSettings({ ...base, 'message.base64Body': 'AP8=' })).body).toEqual(Buffer.from([0, 255]));
    expect((await readSettings({ ...base, 'message.body': 'x', 'message.base64Body': '' })).body).toHaveLength(0);
    expect((await readSettings({ ...base, exchange: 'e' })).mandatory).toBe(false);
    expect((await readSettings({ ...base, exchange: 'e', 'message.mandatory': '1' })).mandatory).toBe(true);
  });
});

describe('a broker that does not answer', () => {
  const run = (options: Parameters<typeof attempt>[2] = {}, more = {}): Promise<TestRun> =>
    attempt(executor, { url, 'queue.name': 'q', 'message.body': 'm', ...more }, options);

  it('is not there: the original’s words, without the password', async () => {
    const gone = { url: 'amqp://guest:s3cret-word@127.0.0.1:1', 'queue.name': 'q' };
    expect(await errorOf(gone)).toBe('dial tcp 127.0.0.1:1: connect: connection refused');
  });

  it('ends with the limit of the attempt, with its own, and when it is cancelled', async () => {
    expect((await run({ timeoutMs: 50 })).result).toMatchObject({ success: false, reason: 'timeout' });
    expect((await run({}, { timeout: '1' })).result).toMatchObject({ error: 'rabbitmq: timeout', reason: 'timeout' });
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    stop.abort();
    expect((await running).result).toMatchObject({ success: false, reason: 'cancelled' });
  });

  it('names no secret when it hangs up', async () => {
    void silent.reached().then((socket) => socket.destroy());
    const { result, logger } = await run();
    expect(result).toMatchObject({ success: false, reason: 'executor' });
    expect(result.error).toMatch(/^rabbitmq: /);
    expect(JSON.stringify([result, logger.records])).not.toContain('s3cret-word');
  });
});
