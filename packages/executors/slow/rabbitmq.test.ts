/* Debian's RabbitMQ with TLS; killed and started again in the middle of a run. */
import { join } from 'node:path';
import { connect, type ChannelModel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { rabbitmqExecutor } from '../src/rabbitmq/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { accepts, notRun, untilReady } from '@dkron/harness';
import { debianProgram } from './peers/peer.ts';
import { RabbitPeer } from './peers/rabbitmq.ts';
import { SilentServer } from '../test/silent-server.ts';

const here = debianProgram('rabbitmqctl', 'rabbitmq-server');
if (!here) notRun('rabbitmq-server', 'not installed (apt-get install rabbitmq-server)');

const CERT = join(import.meta.dirname, '../testdata/localhost-cert.pem');
const KEY = join(import.meta.dirname, '../testdata/localhost-key.pem');
const executor = rabbitmqExecutor();

describe.skipIf(!here)('RabbitMQ', () => {
  let broker: RabbitPeer;
  let url: string;
  let reader: ChannelModel;
  const silent = new SilentServer();
  let attempts = 0;
  const start = (): Promise<void> =>
    broker.start(async () => {
      if (!(await accepts(broker.port))) return false;
      return connect(url).then(
        async (one) => (await one.close(), true),
        () => false,
      );
    });
  const send = (more: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
    attempt(executor, { url, 'queue.name': 'q', ...more }, options);
  const take = async (queue: string) => {
    const channel = await reader.createChannel();
    const message = await channel.get(queue, { noAck: true });
    await channel.close();
    return message === false ? undefined : message;
  };

  beforeAll(async () => {
    broker = await RabbitPeer.create({ certificateFile: CERT, keyFile: KEY });
    url = `amqp://guest:guest@127.0.0.1:${broker.port}`;
    await silent.start();
    await start();
    reader = await connect(url);
    reader.on('error', () => {});
    const channel = await reader.createChannel();
    await channel.assertQueue('q', { durable: true });
    await channel.assertExchange('fan', 'fanout');
    // Takes nothing that nobody waits for: such a message is refused.
    await channel.assertQueue('full', { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
    channel.sendToQueue('full', Buffer.from('x'));
    await channel.close();
  });
  afterAll(async () => {
    await executor.close?.();
    await reader?.close().catch(() => {});
    await silent.stop();
    await broker?.stop();
  });

  executorSuite(
    { describe, it },
    {
      name: 'rabbitmq',
      executor: () => executor,
      succeeding: { config: () => ({ url, 'queue.name': 'suite', 'queue.create': '1' }), output: '' },
      failing: () => ({ url, 'queue.name': 'full' }),
      broken: () => ({ url: 'amqp://127.0.0.1:1', 'queue.name': 'q' }),
      endless: () => ({ url: `amqp://127.0.0.1:${silent.port}/${attempts++}`, 'queue.name': 'q' }),
      begun: async () => void (await silent.reached()),
      badConfigs: [
        {
          title: 'wrong password',
          config: () => ({ url: url.replace(':guest@', ':wrong@'), 'queue.name': 'q' }),
          error: /403|ACCESS/,
        },
        {
          title: 'no queue',
          config: () => ({ url, 'queue.name': 'absent' }),
          error: /returned \(NO_ROUTE\): there is no queue "absent"/,
        },
        {
          title: 'no exchange',
          config: () => ({ url, 'queue.name': 'q', exchange: 'absent' }),
          error: /404|NOT_FOUND/,
        },
        {
          title: 'another queue',
          config: () => ({ url, 'queue.name': 'q', 'queue.create': '1' }),
          error: /406|PRECONDITION/,
        },
      ],
      secrets: [
        { title: 'password', config: (secret) => ({ url: url.replace(':guest@', `:${secret}@`), 'queue.name': 'q' }) },
      ],
    },
  );

  it('sends what it was told to, as it was told to', async () => {
    const config = {
      'message.base64Body': 'AP8=',
      'message.messageId': 'id-1',
      'message.content_type': 'x/y',
      'message.delivery_mode': '2',
    };
    expect((await send(config)).result).toEqual({ success: true, error: '' });
    const message = await take('q');
    expect(message?.content).toEqual(Buffer.from([0, 255]));
    expect(message?.properties).toMatchObject({ messageId: 'id-1', contentType: 'x/y', deliveryMode: 2 });
  });

  it('declares queues as asked; what an attempt alone may use is gone with it', async () => {
    const create = { 'queue.create': 'yes', 'queue.durable': 'true' };
    expect((await send({ 'queue.name': 'made', ...create, 'message.body': 'm' })).result.error).toBe('');
    expect((await take('made'))?.content.toString()).toBe('m');
    const own = { 'queue.name': 'own', 'queue.create': '1', 'queue.exclusive': '1' };
    expect((await send(own)).result.error).toBe('');
    await untilReady('the queue to go', () => !broker.control('list_queues', 'name').stdout.includes('own'));
    expect((await send({ exchange: 'fan' })).result.error).toBe('');
    expect((await send({ exchange: 'fan', 'message.mandatory': '1' })).result.error).toMatch(/no queue took it/);
  });

  it('a certificate is checked', async () => {
    const over = { url: `amqps://guest:guest@localhost:${broker.tlsPort}` };
    expect((await send({ ...over, tlsRootCAsFile: CERT })).result.error).toBe('');
    expect((await send({ ...over, tlsNoVerifyPeer: 'true' })).result.error).toBe('');
    expect((await send(over)).result.error).toMatch(/self.signed/i);
  });

  it('G-E11: what was confirmed is there after a crash in the middle of a run', async () => {
    await (await reader.createChannel()).purgeQueue('q');
    const body = (n: number) => ({ 'message.body': `m${n}`, 'message.delivery_mode': '2' });
    expect((await send(body(1))).result.error).toBe('');
    broker.control('set_vm_memory_high_watermark', '0');
    const probe = (): Promise<TestRun> => send({ 'message.body': 'probe' }, { timeoutMs: 500 });
    await untilReady('the broker to hold messages', async () => (await probe()).result.reason === 'timeout');
    const running = send(body(2));
    await broker.crash();
    expect((await running).result.error).toMatch(/^rabbitmq: the connection was lost before the message was confirmed/);
    expect((await send(body(3))).result.error).toMatch(/connection refused|ECONNRESET/);
    await start();
    reader = await connect(url);
    expect((await send(body(4))).result.error).toBe('');
    const kept: string[] = [];
    for (let one = await take('q'); one !== undefined; one = await take('q')) kept.push(one.content.toString());
    expect(kept.filter((body) => body !== 'probe')).toEqual(['m1', 'm4']);
  });
});
