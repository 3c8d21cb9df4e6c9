/* Google's own in-memory Pub/Sub, built with Go; killed and started again in the middle of a run. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { SilentServer } from '../test/silent-server.ts';
import { gcppubsubExecutor } from '../src/gcppubsub/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { PeerProcess, accepts, freePort, notRun } from '@dkron/harness';

const BUILD_MS = 90_000;
// Kept: a build from nothing takes half a minute.
const folder = join(tmpdir(), `dkron-pubsub-${process.getuid?.() ?? 0}`);
const program = join(folder, 'pubsub');
const here = built();
if (!here) notRun('Pub/Sub emulator', 'it cannot be built (needs go and the module proxy)');

function built(): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cwd = join(import.meta.dirname, 'peers/pubsub');
  return spawnSync('go', ['build', '-o', program, '.'], { cwd, timeout: BUILD_MS, stdio: 'ignore' }).status === 0;
}

describe.skipIf(!here)('Pub/Sub', () => {
  const env: { PUBSUB_EMULATOR_HOST?: string } = {};
  const executor = gcppubsubExecutor({ env });
  const silent = new SilentServer();
  let port: number;
  let server: PeerProcess;
  let client: Client;
  const at = (host: number, config: Record<string, string>): Record<string, string> => {
    env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${host}`;
    return { project: 'p', topic: 't', ...config };
  };
  const send = (config: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
    attempt(executor, at(port, config), options);

  /** A request whose fields 1, 2, … are texts, and further ones numbers. */
  const call = (
    method: string,
    texts: readonly string[],
    numbers: Readonly<Record<number, number>> = {},
  ): Promise<Buffer> => {
    const writer = new BinaryWriter();
    texts.forEach((text, i) => writer.tag(i + 1, WireType.LengthDelimited).string(text));
    for (const [field, value] of Object.entries(numbers)) writer.tag(Number(field), WireType.Varint).int32(value);
    const asIs = (bytes: Buffer): Buffer => bytes;
    const path = `/google.pubsub.v1.${method}`;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, asIs, asIs, Buffer.from(writer.finish()), (error, answer) =>
        error ? reject(error) : resolve(answer!),
      );
    });
  };
  const makeTopic = async (): Promise<void> => {
    await call('Publisher/CreateTopic', ['projects/p/topics/t']);
    const ordered = { 10: 1 };
    await call('Subscriber/CreateSubscription', ['projects/p/subscriptions/s', 'projects/p/topics/t'], ordered);
  };

  beforeAll(async () => {
    await silent.start();
    port = await freePort();
    server = new PeerProcess(program, ['-port', String(port)]);
    await server.start(() => accepts(port));
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    await makeTopic();
  });
  afterAll(async () => {
    await executor.close?.();
    client?.close();
    await silent.stop();
    await server?.kill();
  });

  executorSuite(
    { describe, it },
    {
      name: 'gcppubsub',
      executor: () => executor,
      succeeding: { config: () => at(port, { data: 'aGk=' }), output: /^m?\d+$/ },
      failing: () => at(port, { topic: 'none', data: 'aGk=' }),
      broken: () => at(port, {}),
      endless: () => at(silent.port, { data: 'aGk=', timeout: '0' }),
      badConfigs: [
        { title: 'no such topic', config: () => at(port, { topic: 'none', data: 'aGk=' }), error: /topic.*none/ },
        {
          title: 'nobody there',
          config: () => at(1, { data: 'aGk=' }),
          error: /^gcppubsub: .*(refused|No connection)/,
        },
      ],
      begun: async () => void (await silent.reached()),
    },
  );

  it('a message arrives with data, attributes and the key of its order', async () => {
    const { stdout } = await send({
      data: Buffer.from('the-data').toString('base64'),
      attributes: '{"an":"attribute"}',
      orderingKey: 'the-key',
    });
    const pulled = (await call('Subscriber/Pull', ['projects/p/subscriptions/s'], { 3: 1_000 })).toString('latin1');
    for (const text of ['the-data', 'attribute', 'the-key', stdout]) expect(pulled).toContain(text);
  });

  it('a run whose service dies is a failure; the next ones work', async () => {
    server.signal('SIGSTOP');
    const running = send({ data: 'aGk=' });
    await server.kill();
    expect((await running).result).toMatchObject({ success: false, reason: 'executor' });
    expect((await send({ data: 'aGk=' })).result.error).toMatch(/^gcppubsub: /);
    await server.start(() => accepts(port));
    await makeTopic();
    expect((await send({ data: 'aGk=' })).result.error).toBe('');
  });
});
