import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

const execution = async (id: string) => (await node.get(`/v1/executions/${id}`)).json;

describe('script, from its creation to its output', () => {
  it('is offered, stored as it was sent, and run; its output goes past a processor that fails to the next one', async () => {
    const offer = (await node.list('/v1/executors')).find(({ name }) => name === 'script');
    expect(offer.config_schema.required).toEqual(['script']);
    const received: string[] = [];
    const receiver = createServer((request, response) => {
      request.on('data', (part: Buffer) => received.push(part.toString())).on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const config = {
      script: 'read line\nprintf "%s %s %s" "$WHO" "$1" "$line"',
      args: '["a b"]',
      env: '{"WHO":"x,y"}',
      payload: Buffer.from('input\n').toString('base64'),
    };
    const processors = { syslog: { address: 'tcp://127.0.0.1:1' }, webhook: { url, content: 'output' } };
    await node.put('greet', { executor: 'script', executor_config: config, processors });
    expect((await node.get('/v1/jobs/greet')).json).toMatchObject({ executor_config: config, processors });
    const id = await node.launch('greet');
    await until('the last processor', async () => (await execution(id)).output === 'Output sent to webhook');
    expect(received).toEqual(['x,y a b input']);
    expect(await execution(id)).toMatchObject({ state: 'success', success: true, exit_code: 0 });
    const failed = node.log.find(({ message }) => message.includes('processor failed'));
    expect(inspect(failed?.fields)).toMatch(/processor syslog: tcp .*ECONNREFUSED/);
    receiver.closeAllConnections();
    receiver.close();
  });
});

/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';
const SECRET = 's3cret-4711';

describe('what cannot be run fails alone, and says why', () => {
  it.each([
    ['shell', { command: 'true', payload: 'a' }, /^illegal base64 data at input byte 1$/],
    ['grpc', {}, /^url is empty$/],
    ['grpc', { url: `${NOBODY}/p.S/M`, headers: `["token: ${SECRET}"]` }, /reflection.*ECONNREFUSED/],
    ['nats', { url: NOBODY }, /^subject is empty$/],
    ['nats', { url: NOBODY, subject: 'a', userName: 'u', password: SECRET }, /^error connecting to NATS/],
    ['rabbitmq', { url: `amqp://u:${SECRET}@${NOBODY}` }, /^RabbitMQ queue name is empty$/],
    ['rabbitmq', { url: `amqp://u:${SECRET}@${NOBODY}`, 'queue.name': 'q', 'message.base64Body': 'a' }, /base64/],
    ['rabbitmq', { url: `amqp://u:${SECRET}@${NOBODY}`, 'queue.name': 'q' }, /connection refused/],
    ['kafka', { brokerAddress: NOBODY }, /^topic is empty$/],
    ['kafka', { brokerAddress: NOBODY, topic: 't', saslUsername: 'u', saslPassword: SECRET }, /SASL mechanism/],
    ['kafka', { brokerAddress: NOBODY, topic: 't' }, /connection refused/],
    ['gcppubsub', { project: 'p' }, /^missing topic$/],
    ['gcppubsub', { project: 'p', topic: 't', data: '?' }, /data: not base64/],
    ['docker', { image: 'alpine:3' }, /docker/],
    ['script', { script: 'true', interpreter: 'no-such-program' }, /"no-such-program".*not found/],
    ['http', { method: 'GET', url: `http://u:${SECRET}@${NOBODY}/` }, /connection refused/],
    ['no-such', {}, /executor is not present$/],
  ])('%s %j', async (executor, config, error) => {
    const name = `bad-${executor}`;
    await node.put(name, { executor, executor_config: config });
    const id = await node.launch(name);
    await until('the end', async () => ['failed', 'success'].includes((await execution(id)).state));
    const { state, output } = await execution(id);
    expect([state, output.trimEnd()]).toEqual(['failed', expect.stringMatching(error)]);
    expect(output + inspect(node.log, { depth: 5, maxArrayLength: null })).not.toContain(SECRET);
  });
});
