/* Debian's nats-server, with users, TLS and JetStream; killed and started again in the middle of a run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { natsExecutor } from '../src/nats/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { PeerProcess, accepts, freePort, notRun } from '@dkron/harness';
import { debianProgram } from './peers/peer.ts';

const here = debianProgram('nats-server', 'nats-server');
if (!here) notRun('nats-server', 'not installed (apt-get install nats-server)');

const CERT = join(import.meta.dirname, '../testdata/localhost-cert.pem');
const KEY = join(import.meta.dirname, '../testdata/localhost-key.pem');
const executor = natsExecutor();
const users = { userName: 'alice', password: 'wonder-land' };

describe.skipIf(!here)('nats-server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-nats-'));
  let server: PeerProcess;
  let port: number;
  let url: string;
  let reader: NatsConnection;

  const startServer = (): Promise<void> => server.start(() => accepts(port));
  const openReader = async (): Promise<void> => {
    reader = await connect({ servers: url, user: 'reader', pass: 'reader', maxReconnectAttempts: -1 });
    reader.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
    reader.subscribe('silent', { callback: () => begun?.() });
    await reader.flush();
  };
  let begun: (() => void) | undefined;
  const send = (more: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
    attempt(executor, { url, ...users, subject: 'free', message: 'm', ...more }, options);

  beforeAll(async () => {
    port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    const config = join(folder, 'nats.conf');
    writeFileSync(
      config,
      `listen: 127.0.0.1:${port}
jetstream { store_dir: ${JSON.stringify(folder)} }
authorization { users: [
  { user: alice, password: wonder-land, permissions: { publish: { deny: "forbidden" } } }
  { user: reader, password: reader } ] }
max_payload: 1MB
`,
    );
    server = new PeerProcess('nats-server', ['-c', config]);
    await startServer();
    await openReader();
    const manager = await jetstreamManager(reader);
    await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
  });
  afterAll(async () => {
    await executor.close?.();
    await reader?.close();
    await server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  executorSuite(
    { describe, it },
    {
      name: 'nats',
      executor: () => executor,
      printing: (text) => ({ url, ...users, subject: 'echo', message: text, request: 'true' }),
      failing: () => ({ url, ...users, subject: 'nobody', request: 'true' }),
      broken: () => ({ url, ...users, password: 'wrong', subject: 's' }),
      endless: () => ({ url, ...users, subject: 'silent', request: 'true' }),
      begun: () => new Promise((resolve) => (begun = resolve)),
      badConfigs: [
        {
          title: 'wrong password',
          config: () => ({ url, ...users, password: 'x', subject: 's' }),
          error: /Authorization/i,
        },
        { title: 'forbidden', config: () => ({ url, ...users, subject: 'forbidden' }), error: /permission/i },
        {
          title: 'no stream',
          config: () => ({ url, ...users, subject: 's', jetstream: '1' }),
          error: /no ?body|respon|stream/i,
        },
        {
          title: 'another stream',
          config: () => ({ url, ...users, subject: 'orders.x', stream: 'X' }),
          error: /stream/i,
        },
        {
          title: 'too large',
          config: () => ({ url, ...users, subject: 's', message: 'x'.repeat(1_048_577) }),
          error: /1048576/,
        },
      ],
      secrets: [
        { title: 'password', config: (secret) => ({ url, userName: 'alice', password: secret, subject: 's' }) },
      ],
    },
  );

  it('signs in as the address says, which counts before the keys', async () => {
    const { port } = new URL(url);
    const signedIn = await send({ url: `nats://alice:wonder%2Dland@127.0.0.1:${port}`, userName: 'x', password: 'x' });
    expect(signedIn.result.error).toBe('');
    const refused = await send({ url: `nats://alice:wrong@127.0.0.1:${port}` });
    expect(refused.result.error).toMatch(/^error connecting to NATS: Authorization Violation/);
  });

  it('a stream keeps each message once, also over a crash of the server', async () => {
    const config = { subject: 'orders.new', jetstream: 'true', stream: 'ORDERS', headers: '{"X-A":"b"}' };
    expect((await send({ ...config, messageId: 'one' })).stdout).toMatch(/Stream: ORDERS, sequence: 1\n/);
    expect((await send({ ...config, messageId: 'one' })).stdout).toMatch(/sequence: 1, was there before/);
    const running = send({ subject: 'silent', request: 'true' });
    await new Promise<void>((resolve) => (begun = resolve));
    await server.kill();
    expect((await running).result.error).toMatch(/connection was lost/);
    expect((await send(config)).result.error).toMatch(/^error connecting to NATS: .*refused/);
    await startServer();
    expect((await send({ ...config, messageId: 'two' })).stdout).toMatch(/Stream: ORDERS, sequence: 2\n/);
    const again = await connect({ servers: url, user: 'reader', pass: 'reader' });
    const info = await (await jetstreamManager(again)).streams.info('ORDERS');
    await again.close();
    expect(info.state.messages).toBe(2);
  });
});

describe.skipIf(!here)('nats-server with TLS and client certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-nats-tls-'));
  let server: PeerProcess;
  let url: string;
  const tlsExecutor = natsExecutor();

  beforeAll(async () => {
    const port = await freePort();
    url = `nats://localhost:${port}`;
    const tls = ['--tls', '--tlscert', CERT, '--tlskey', KEY, '--tlsverify', '--tlscacert', CERT];
    server = new PeerProcess('nats-server', ['-a', '127.0.0.1', '-p', `${port}`, ...tls]);
    await server.start(() => accepts(port));
  });
  afterAll(async () => {
    await tlsExecutor.close?.();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('trusts the given certificates only, and shows its own', async () => {
    const own = { tlsCertificateFile: CERT, tlsCertificateKeyFile: KEY };
    const send = (more: Record<string, string>): Promise<TestRun> =>
      attempt(tlsExecutor, { url, subject: 's', ...more });
    expect((await send({ tlsRootCAsFile: CERT, ...own })).result.error).toBe('');
    expect((await send({ tlsNoVerifyPeer: 'true', ...own })).result.error).toBe('');
    expect((await send(own)).result.error).toMatch(/error connecting to NATS: .*self.signed/i);
    expect((await send({ tlsRootCAsFile: CERT })).result.success).toBe(false);
  });
});
