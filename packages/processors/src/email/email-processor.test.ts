import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INPUT } from '../../test/input.ts';
import { MailReceiver } from '../../test/mail-receiver.ts';
import { processorSuite } from '../suite/index.ts';
import type { EmailProcessorOptions } from './index.ts';
import { emailProcessor } from './index.ts';

const receiver = new MailReceiver();
/** Takes connections and says nothing. */
const silent = createServer(() => {});
beforeAll(async () => {
  await receiver.listen();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
beforeEach(() => {
  receiver.mails.length = 0;
  receiver.answers = {};
});
afterAll(() => {
  receiver.close();
  silent.close();
});

const modules = { timers: { ...systemTimers, sleep: async () => {} } };
const send = async (config: Record<string, string>, options?: EmailProcessorOptions, input = INPUT) => {
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return Buffer.from(await emailProcessor(options, modules).process(input, config, context)).toString();
};
const ROUTE = { to: 'ops@example.org, dev@example.org', from: 'dkron@example.org' };
const here = () => ({ ...ROUTE, host: '127.0.0.1', port: String(receiver.port) });

const KEY = 'k-3a9f1';
describe('with a mail server', () => {
  processorSuite(
    { describe, it },
    {
      name: 'email',
      make: () => emailProcessor({}, modules),
      get config() {
        return { ...here(), username: 'me', password: KEY };
      },
      badConfigs: {
        to: { from: 'a@example.org', host: 'h' },
        from: { to: 'a@example.org', host: 'h' },
        host: ROUTE,
        port: { ...ROUTE, host: 'h', port: '70000' },
        tls: { ...ROUTE, host: 'h', tls: 'maybe' },
      },
      failing: {
        make: () => {
          receiver.answers = { AUTH: `535 not with ${KEY}` };
          return emailProcessor({}, modules);
        },
        get config() {
          return { ...here(), username: 'me', password: KEY };
        },
      },
      hanging: {
        make: () => emailProcessor({}, modules),
        get config() {
          return { ...ROUTE, host: '127.0.0.1', port: String((silent.address() as AddressInfo).port) };
        },
      },
      secrets: [KEY],
    },
  );
});

it('mails the output to all, or as a file', async () => {
  expect(await send(here())).toBe('Output sent by email');
  const { commands, data } = receiver.mails[0]!;
  expect(commands).toEqual(expect.arrayContaining(['RCPT TO:<ops@example.org>', 'RCPT TO:<dev@example.org>']));
  expect(data).toContain('Subject: Job job succeeded on worker');
  expect(data).toContain(`Message-ID: <${Buffer.from('1-node').toString('base64url')}@dkron>`);
  expect(data).toMatch(/\r\n\r\nJob: job\r\n.*\r\ncontent$/s);
  await send({ ...here(), attach: 'true', subject: 'own' });
  expect(receiver.mails[1]!.data).toMatch(/Subject: own\r\n.*filename=output.log.*Y29udGVudA==/s);
});

it('tries again after an answer that may pass, and not after one for good', async () => {
  receiver.answers = { RCPT: '451 later' };
  await expect(send(here())).rejects.toThrow(/^processor email: mail server 127\.0\.0\.1:[0-9]+: .*451 later/);
  receiver.answers = { RCPT: '550 nobody' };
  await expect(send(here())).rejects.toThrow('550 nobody');
});

it("uses the node's server, with its password only there", async () => {
  const node = {
    host: '127.0.0.1',
    port: receiver.port,
    username: 'node',
    password: 'secret',
    from: 'node@example.org',
  };
  await send({ to: 'ops@example.org' }, node);
  expect(receiver.mails[0]!.commands).toEqual(
    expect.arrayContaining([expect.stringMatching(/^AUTH PLAIN /), 'MAIL FROM:<node@example.org>']),
  );
  await send(here(), node);
  expect(receiver.mails[1]!.commands.join(' ')).not.toContain('AUTH');
  for (const careless of [{ tls: 'off' }, { tls_skip_verify: 'true' }]) {
    const key = Object.keys(careless)[0]!;
    await expect(send({ to: 'ops@example.org', ...careless }, node)).rejects.toThrow(
      `processor email: ${key}: cannot be`,
    );
  }
  expect(receiver.mails).toHaveLength(2);
});
