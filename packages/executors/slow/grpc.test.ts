/* A server of grpc-go with its own test service, by both reflections and over TLS; killed and started again in a run. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { grpcExecutor } from '../src/grpc/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { goGrpcServer } from './peers/go-grpc.ts';
import { PeerProcess, accepts, freePort, notRun } from '@dkron/harness';

const program = goGrpcServer();
if (!program) notRun('gRPC server of grpc-go', 'needs Go and its module proxy');

const CERT = join(import.meta.dirname, '../testdata/localhost-cert.pem');
const KEY = join(import.meta.dirname, '../testdata/localhost-key.pem');
const SERVICE = 'grpc.testing.TestService';

describe.skipIf(!program)('grpc-go', () => {
  const executor = grpcExecutor();
  const servers: PeerProcess[] = [];
  let both: PeerProcess;
  let port: number;

  const start = async (...args: string[]): Promise<number> => {
    const at = await freePort();
    const server = new PeerProcess(program!, [`-address=127.0.0.1:${at}`, ...args]);
    servers.push(server);
    await server.start(() => accepts(at));
    return at;
  };
  const call = (
    method: string,
    body: object | string,
    more: Record<string, string> = {},
    options: Parameters<typeof attempt>[2] = {},
  ): Promise<TestRun> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return attempt(executor, { url: `127.0.0.1:${port}/${SERVICE}/${method}`, body: text, ...more }, options);
  };
  const url = (method: string): string => `127.0.0.1:${port}/${SERVICE}/${method}`;
  const sized = (...sizes: number[]): object => ({ responseParameters: sizes.map((size) => ({ size })) });

  beforeAll(async () => {
    port = await start();
    both = servers[0]!;
  });
  afterAll(async () => {
    await executor.close?.();
    for (const server of servers) await server.kill();
  });

  executorSuite(
    { describe, it },
    {
      name: 'grpc',
      executor: () => executor,
      succeeding: {
        config: () => ({ url: url('UnaryCall'), body: '{"responseSize":3}' }),
        output: '{\n  "payload": {\n    "body": "AAAA"\n  }\n}\n',
      },
      failing: () => ({ url: url('UnaryCall'), body: '{"responseStatus":{"code":7,"message":"no"}}' }),
      broken: () => ({ url: url('UnaryCall'), body: 'x' }),
      endless: () => ({
        url: url('StreamingOutputCall'),
        body: '{"responseParameters":[{"size":1},{"size":1,"intervalUs":60000000}]}',
      }),
      badConfigs: [
        {
          title: 'an unknown field',
          config: () => ({ url: url('UnaryCall'), body: '{"nope":1}' }),
          error: /body: .*nope/,
        },
        { title: 'an unknown method', config: () => ({ url: url('Nope') }), error: /no method named "Nope"/ },
        {
          title: 'an unknown service',
          config: () => ({ url: `127.0.0.1:${port}/a.B/C` }),
          error: /^Failed querying reflection server: .*a\.B/,
        },
      ],
      secrets: [{ title: 'header', config: (secret) => ({ url: url('EmptyCall'), headers: `{"x-key":"${secret}"}` }) }],
    },
  );

  it('takes and gives streams', async () => {
    const out = await call('StreamingOutputCall', sized(3, 6));
    expect([out.result.error, out.stdout.match(/"body": "(.*)"/g)]).toEqual([
      '',
      ['"body": "AAAA"', '"body": "AAAAAAAA"'],
    ]);
    const sum = await call('StreamingInputCall', '{"payload":{"body":"AAAA"}} {"payload":{"body":"AAAAAAAA"}}');
    expect(sum.stdout).toBe('{\n  "aggregatedPayloadSize": 9\n}\n');
    const duplex = await call('FullDuplexCall', JSON.stringify(sized(3)) + JSON.stringify(sized(6)));
    expect(duplex.stdout.match(/"body": "(.*)"/g)).toEqual(['"body": "AAAA"', '"body": "AAAAAAAA"']);
  });

  it('knows statuses, and what is too large', async () => {
    const refused = await call('UnaryCall', { responseStatus: { code: 7, message: 'no' } });
    expect([refused.result.error, refused.stderr]).toEqual([
      'server returned PermissionDenied code, expected OK',
      'PermissionDenied: no\n',
    ]);
    const large = await call('UnaryCall', { payload: { body: Buffer.alloc(5_000_000).toString('base64') } });
    expect(large.result.error).toBe('server returned ResourceExhausted code, expected OK');
  });

  it.each(['v1', 'v1alpha'])('asks by reflection %s alone', async (version) => {
    const at = await start(`-reflection=${version}`);
    const { result, stdout } = await call('EmptyCall', '', { url: `127.0.0.1:${at}/${SERVICE}/EmptyCall` });
    expect([result.error, stdout]).toEqual(['', '{}\n']);
  });

  it('encrypts', async () => {
    const at = await start(`-cert=${CERT}`, `-key=${KEY}`);
    const tls = { url: `localhost:${at}/${SERVICE}/EmptyCall`, tlsEnable: 'true' };
    expect((await call('EmptyCall', '', { ...tls, tlsRootCAsFile: CERT })).result.error).toBe('');
    expect((await call('EmptyCall', '', tls)).result.error).toMatch(/self.signed/);
    expect((await call('EmptyCall', '', { url: tls.url })).result.success).toBe(false);
  });

  it('a crash of the server ends the call with its cause; the next one finds it again', async () => {
    const body = '{"responseParameters":[{"size":1},{"size":1,"intervalUs":60000000}]}';
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const running = call('StreamingOutputCall', body, {}, { onOutput: () => resolve() });
    await begun;
    await both.kill();
    expect((await running).result.error).toBe('server returned Unavailable code, expected OK');
    const gone = await call('EmptyCall', '');
    expect(gone.result.error).toMatch(/^Failed querying reflection server: .*Unavailable.*ECONNREFUSED/);
    await both.start(() => accepts(port));
    expect((await call('EmptyCall', '')).stdout).toBe('{}\n');
  });
});
