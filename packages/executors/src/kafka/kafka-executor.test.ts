import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt } from '../../test/attempt.ts';
import { SilentServer } from '../../test/silent-server.ts';
import { executorSuite } from '../suite/index.ts';
import { errorText } from './error-text.ts';
import { kafkaExecutor, type KafkaMessage, type KafkaProducer } from './index.ts';
import { partitionHash } from './partitioner.ts';

const SENT = 'Result: successfully produced the message on Kafka broker\n';
const sent: KafkaMessage[] = [];
let opened = 0;

/** Takes what it gets, but for the topic `silent`. */
const scripted: KafkaProducer = {
  send: (message) => {
    sent.push(message);
    if (message.topic === 'silent') return new Promise(() => {});
    if (message.topic === 'broken') return Promise.reject(new Error('MESSAGE_TOO_LARGE'));
    return Promise.resolve({ partition: 2, offset: 7n });
  },
  close: () => Promise.resolve(),
};
const executor = kafkaExecutor(
  {},
  { producers: () => ({ open: () => (opened++, Promise.resolve(scripted)), close: (producer) => producer.close() }) },
);
const real = kafkaExecutor();
const silent = new SilentServer();
const base = { brokerAddress: 'h:9092', topic: 't' };

beforeAll(() => silent.start());
afterAll(async () => {
  await real.close?.();
  await silent.stop();
});

executorSuite(
  { describe, it },
  {
    name: 'kafka',
    executor: () => executor,
    succeeding: { config: () => base, output: SENT },
    failing: () => ({ ...base, topic: 'broken' }),
    broken: () => ({ ...base, brokerAddress: '' }),
    endless: () => ({ ...base, topic: 'silent' }),
    begun: () => Promise.resolve(),
    badConfigs: [
      { title: 'no broker', config: () => ({ topic: 't' }), error: /^brokerAddress is empty$/ },
      { title: 'no topic', config: () => ({ brokerAddress: 'h:1' }), error: /^topic is empty$/ },
      { title: 'a topic', config: () => ({ ...base, topic: 'a b' }), error: /^kafka: topic: / },
      { title: 'an address', config: () => ({ ...base, brokerAddress: 'h' }), error: /^kafka: brokerAddress: "h" / },
      {
        title: 'a mechanism',
        config: () => ({ ...base, saslUsername: 'u', saslPassword: 'p' }),
        error: /^invalid SASL mechanism, must be 'sha256' or 'sha512'/,
      },
      { title: 'headers', config: () => ({ ...base, headers: '[1]' }), error: /^kafka: headers: / },
      {
        title: 'a file',
        config: () => ({ ...base, tlsEnable: 'true', tlsRootCAsFile: '/none' }),
        error: /tlsRootCAsFile: /,
      },
    ],
    secrets: [
      {
        title: 'password',
        config: (saslPassword) => ({ ...base, saslUsername: 'u', saslPassword, saslMechanism: 'plain' }),
      },
    ],
  },
);

describe('kafka', () => {
  it('sends key, value and headers; an absent key is an empty one', async () => {
    await attempt(executor, { ...base, key: 'k', message: 'm', headers: '["a: b:c"]' });
    const text = sent.at(-1)!;
    expect([text.key, text.value].map(String)).toEqual(['k', 'm']);
    expect([...text.headers].flat().map(String)).toEqual(['a', 'b:c']);
    const { stdout } = await attempt(executor, { ...base, debug: 'x' });
    expect([sent.at(-1)!.key.length, stdout]).toEqual([0, `${SENT}Partition: 2, offset: 7\n`]);
  });

  it('shares a producer per settings, and replaces one that failed', async () => {
    await attempt(executor, base);
    const before = opened;
    await Promise.all([attempt(executor, base), attempt(executor, base)]);
    await attempt(executor, { ...base, idempotent: 'false' });
    expect(opened).toBe(before + 1);
    await attempt(executor, { ...base, topic: 'broken' });
    await attempt(executor, base);
    expect(opened).toBe(before + 2);
  });

  it('a broker that is not there reads as in the original', async () => {
    const { result } = await attempt(real, { ...base, brokerAddress: '127.0.0.1:1' });
    expect(result.error).toBe(
      'kafka: client has run out of available brokers to talk to: dial tcp 127.0.0.1:1: connect: connection refused',
    );
  }, 60_000);

  it('a broker that says nothing ends with the limits', async () => {
    const config = { ...base, brokerAddress: `127.0.0.1:${silent.port}` };
    expect((await attempt(real, config, { timeoutMs: 200 })).result.reason).toBe('timeout');
    const own = await attempt(real, { ...config, timeout: '1' });
    expect(own.result).toEqual({ success: false, error: 'kafka: timeout', reason: 'timeout' });
  }, 60_000);

  it('puts keys where the original does', () => {
    expect(['', 'a', 'foobar'].map((key) => partitionHash(Buffer.from(key)))).toEqual([
      Math.abs(0x811c9dc5 | 0),
      Math.abs(0xe40c292c | 0),
      Math.abs(0xbf9cf968 | 0),
    ]);
  });

  it('errors within errors end', () => {
    const loop = new Error('outer');
    loop.cause = new AggregateError([loop, new Error('inner')], 'send failed 3 times.');
    expect(errorText(loop)).toBe('kafka: outer: inner');
  });
});
