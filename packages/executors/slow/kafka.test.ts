/* The broker of Apache Kafka, with SCRAM, PLAIN and TLS; what it has is read by kcat. Killed and started again in a run. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { SilentServer } from '../test/silent-server.ts';
import { kafkaExecutor } from '../src/kafka/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { KafkaBroker, kafkaLibraries, kcatRead } from './peers/kafka.ts';
import { notRun } from '@dkron/harness';
import { debianProgram } from './peers/peer.ts';

const libs = kafkaLibraries();
const kcat = debianProgram('kcat', 'kcat');
if (!libs) notRun('Kafka broker', 'needs Java, and Maven to get the program once');
if (!kcat) notRun('kcat', 'not installed (apt-get install kcat)');

const CERT = join(import.meta.dirname, '../testdata/localhost-cert.pem');
const SENT = 'Result: successfully produced the message on Kafka broker\n';

describe.skipIf(!libs || !kcat)('Kafka broker', () => {
  const executor = kafkaExecutor();
  const silent = new SilentServer();
  let broker: KafkaBroker;

  const send = (more: Record<string, string>): Promise<TestRun> =>
    attempt(executor, { brokerAddress: broker.plain, topic: 'jobs', message: 'm', ...more });
  const alice = { saslUsername: 'alice', saslPassword: 'wonder-land' };

  beforeAll(async () => {
    await silent.start();
    broker = new KafkaBroker(libs!);
    await broker.prepare(['alice', 'wonder-land']);
    await broker.start();
    await send({ topic: 'suite' });
  });
  afterAll(async () => {
    await executor.close?.();
    await broker?.kill();
    broker?.remove();
    await silent.stop();
  });

  executorSuite(
    { describe, it },
    {
      name: 'kafka',
      executor: () => executor,
      succeeding: { config: () => ({ brokerAddress: broker.plain, topic: 'suite', message: 'm' }), output: SENT },
      broken: () => ({ brokerAddress: '127.0.0.1:1', topic: 'suite' }),
      endless: () => ({ brokerAddress: `127.0.0.1:${silent.port}`, topic: 'suite' }),
      begun: async () => void (await silent.reached()),
      badConfigs: [
        {
          title: 'wrong password',
          config: () => ({
            brokerAddress: broker.sasl,
            topic: 't',
            ...alice,
            saslPassword: 'no',
            saslMechanism: 'sha256',
          }),
          error: /^kafka: SASL authentication failed/,
        },
        {
          title: 'too large',
          config: () => ({ brokerAddress: broker.plain, topic: 'suite', message: 'x'.repeat(1_100_000) }),
          error: /^kafka: .*(large|MESSAGE_TOO_LARGE)/i,
        },
        {
          title: 'a certificate nobody vouches for',
          config: () => ({ brokerAddress: broker.tls, topic: 't', tlsEnable: 'true' }),
          error: /^kafka: .*self.signed/i,
        },
      ],
      secrets: [
        {
          title: 'password',
          config: (saslPassword) => ({
            brokerAddress: broker.sasl,
            topic: 't',
            ...alice,
            saslPassword,
            saslMechanism: 'plain',
          }),
        },
      ],
    },
  );

  it('keys, values and headers arrive as given; a key keeps its partition, the one of the original', async () => {
    const headers = '{"trace":"a:b"}';
    for (const key of ['', 'a', 'b', 'a']) expect((await send({ key, headers })).stdout).toBe(SENT);
    const seen = kcatRead(broker.plain, 'jobs');
    // FNV-1a of 'a' is 0xe40c292c, of 'b' 0xe70c2de5, of nothing 0x811c9dc5; as signed numbers without their sign.
    expect(seen).toEqual(['a|m|trace=a:b|0', 'a|m|trace=a:b|0', 'b|m|trace=a:b|3', '|m|trace=a:b|3'].sort());
    expect((await send({ topic: 'other', debug: 'x' })).stdout).toBe(`${SENT}Partition: 3, offset: 0\n`);
  });

  it.each(['sha256', 'sha512', 'plain'])('signs in by %s', async (saslMechanism) => {
    const { result } = await send({ brokerAddress: broker.sasl, ...alice, saslMechanism, topic: 'signed' });
    expect(result.error).toBe('');
  });

  it('encrypts', async () => {
    const brokerAddress = broker.tls;
    expect((await send({ brokerAddress, tlsEnable: 'true', tlsRootCAsFile: CERT, topic: 'tls' })).result.error).toBe(
      '',
    );
    const skipped = { brokerAddress, tlsEnable: 'true', tlsInsecureSkipVerify: 'true', topic: 'tls' };
    expect((await send(skipped)).result.error).toBe('');
    expect(kcatRead(broker.plain, 'tls')).toHaveLength(2);
  });

  it('200 at once are there once each, also after a crash of the broker in between', async () => {
    const numbers = Array.from({ length: 200 }, (_unused, i) => String(i));
    await send({ topic: 'many', message: 'first' });
    const before = await Promise.all(numbers.map((message) => send({ topic: 'many', message })));
    expect(before.filter(({ result }) => !result.success)).toEqual([]);
    const running = Promise.all(numbers.map((n) => send({ topic: 'many', message: `x${n}` })));
    await broker.kill();
    const failures = (await running).filter(({ result }) => !result.success);
    for (const { result } of failures) expect(result.error).toMatch(/^kafka: /);
    expect((await send({ topic: 'many' })).result.error).toMatch(
      /^kafka: client has run out of available brokers to talk to: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
    );
    await broker.start();
    expect((await send({ topic: 'many', message: 'last' })).result.error).toBe('');
    const read = kcatRead(broker.plain, 'many').map((line) => line.split('|')[1]!);
    const counted = (text: string): number => read.filter((each) => each === text).length;
    expect(numbers.map(counted)).toEqual(numbers.map(() => 1));
    expect(counted('last')).toBe(1);
    expect(Math.max(...numbers.map((n) => counted(`x${n}`)))).toBeLessThanOrEqual(1);
  });
});
