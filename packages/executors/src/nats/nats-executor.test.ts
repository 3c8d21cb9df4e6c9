import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { ScriptedNats } from '../../test/scripted-nats.ts';
import { executorSuite } from '../suite/index.ts';
import { natsExecutor } from './index.ts';

const executor = natsExecutor();
const server = new ScriptedNats();
let url: string;

beforeAll(async () => void (url = await server.start()));
afterAll(async () => {
  await executor.close?.();
  await server.stop();
});

type Config = Record<string, string>;
const send = (more: Config, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
  attempt(executor, { url, subject: 's', message: 'm', ...more }, options);

executorSuite(
  { describe, it },
  {
    name: 'nats',
    executor: () => executor,
    printing: (text) => ({ url, subject: 'echo', message: text, request: 'true' }),
    failing: () => ({ url, subject: 'full', jetstream: 'true' }),
    broken: () => ({ url: '127.0.0.1:1', subject: 's' }),
    endless: () => ({ url, subject: 'silent', request: 'true' }),
    begun: async () => void (await server.next()),
    badConfigs: [
      { title: 'no url', config: () => ({ subject: 's' }), error: /^url is empty$/ },
      {
        title: 'an address',
        config: () => ({ url: 'h:1,nats://[', subject: 's' }),
        error: /^nats: url: address 2 is not/,
      },
      { title: 'no subject', config: () => ({ url }), error: /^subject is empty$/ },
      { title: 'a subject with blanks', config: () => ({ url, subject: 'a b' }), error: /nats: subject: / },
      { title: 'a timeout', config: () => ({ url, subject: 's', timeout: 'soon' }), error: /nats: timeout: / },
      { title: 'headers', config: () => ({ url, subject: 's', headers: '{' }), error: /nats: headers: / },
      {
        title: 'a file',
        config: () => ({ url, subject: 's', tlsRootCAsFile: '/none' }),
        error: /tlsRootCAsFile: .*ENOENT/,
      },
      {
        title: 'unreachable',
        config: () => ({ url: '127.0.0.1:1', subject: 's' }),
        error: /^error connecting to NATS: .*refused/,
      },
      {
        title: 'too large',
        config: () => ({ url, subject: 's', message: 'x'.repeat(1_001) }),
        error: /1001 bytes .* 1000/,
      },
    ],
    secrets: [
      { title: 'password', config: (secret) => ({ url, subject: 's', userName: 'u', password: secret, debug: 'x' }) },
      { title: 'token', config: (secret) => ({ url: '127.0.0.1:1', subject: 's', token: secret }) },
    ],
  },
);

describe('nats', () => {
  it('signs in as the address says, and shows no secret of one', async () => {
    server.password = 'p/ss-4711';
    const named = { userName: 'u', password: 'wrong' };
    const signedIn = await send({ ...named, url: `nats://u:p%2Fss-4711@${url}` });
    const refused = await send({ ...named, url });
    server.password = '';
    expect([signedIn.result.error, refused.result.error]).toEqual(['', expect.stringContaining('Authorization')]);
    for (const address of ['nats://u:p%2Fss-4711@127.0.0.1:1', 'nats://p%2Fss-4711@127.0.0.1:1,nats://p%2Fss-4711@[']) {
      const { result, logger } = await send({ url: address, debug: 'x' });
      expect(result.error).toMatch(/^(error connecting to NATS: .*refused|nats: url: address 2)/);
      expect(JSON.stringify([result, logger.records])).not.toContain('ss-4711');
    }
  });

  it('G-E11: a message is sent when the server has it', async () => {
    const { result, stdout } = await send({ headers: '["X-Url: http://h:1"]' });
    expect([result.success, stdout]).toEqual([true, 'Result: Message successfully sent\n']);
    expect(server.messages.at(-1)).toMatchObject({ subject: 's', payload: 'm' });
    expect(server.messages.at(-1)?.headers).toContain('X-Url: http://h:1');
  });

  it('G-E11: a refused subject and a lost connection fail the attempt', async () => {
    expect((await send({ subject: 'forbidden' })).result.error).toMatch(/^nats: .*permission/i);
    expect((await send({ subject: 'die' })).result.error).toMatch(
      /connection was lost before the message was confirmed/,
    );
    expect((await send({})).result.success).toBe(true);
  });

  it('a stream confirms by name and sequence, once per execution', async () => {
    const { result, stdout } = await send({ subject: 'stream', jetstream: 'true', stream: 'ORDERS' });
    expect(result.success).toBe(true);
    expect(stdout).toMatch(/^Result: Message successfully sent\nStream: ORDERS, sequence: \d+\n$/);
    expect(server.messages.at(-1)?.headers).toContain('Nats-Msg-Id: 1-node');
    expect(server.messages.at(-1)?.headers).toContain('Nats-Expected-Stream: ORDERS');
    const { result: full } = await send({ subject: 'full', jetstream: 'true' });
    expect(full.error).toBe('nats: maximum bytes exceeded');
  });

  it('uses one connection for all with the same settings', async () => {
    await send({});
    const before = server.connections;
    await Promise.all(Array.from({ length: 50 }, () => send({})));
    expect(server.connections).toBe(before);
    await send({ userName: 'u', password: 'p' });
    expect(server.connections).toBe(before + 1);
  });

  it('the key timeout ends it', async () => {
    const { result } = await send({ subject: 'silent', request: 'true', timeout: '1' });
    expect(result).toEqual({ success: false, error: 'nats: timeout', reason: 'timeout' });
  });
});
