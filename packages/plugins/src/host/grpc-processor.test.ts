/* Processors that speak gRPC: version 2 of the protocol, for languages that have no gob. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Processor } from '@dkron/processors';
import { processorSuite } from '@dkron/processors/suite';
import { hostOf, PluginFolder } from '../../test/plugin-files.ts';
import { processRequestCodec, processResponseCodec } from '../wire/grpc/processor-messages.ts';
import { PluginWireError } from '../wire/errors.ts';
import type { PluginHost } from './index.ts';

const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
const GRPC = JSON.stringify(import.meta.resolve('@grpc/grpc-js'));

/** As another language would do it: nothing but a server of gRPC, one method, and health. */
const plugin = (line: string): string => `
  import { Server, ServerCredentials } from ${GRPC};
  import { processRequestCodec, processResponseCodec } from ${urlOf('../wire/grpc/processor-messages.ts')};
  const asIs = (bytes) => bytes;
  const server = new Server();
  const add = (path, handle) => server.addService({ m: { path, requestStream: false, responseStream: false,
    requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs } }, { m: handle });
  add('/grpc.health.v1.Health/Check', (_call, answer) => answer(null, Buffer.of(8, 1)));
  add('/types.v1.ProcessorService/Process', (call, answer) => {
    const { execution, config } = processRequestCodec.decode(call.request);
    const say = (output) => answer(null, Buffer.from(processResponseCodec.encode({ execution: { ...execution, output } })));
    switch (config.get('do')) {
      case undefined: return say(config.get('forward') === 'true' ? execution.output : Buffer.from('processed'));
      case 'facts': return say(Buffer.from([process.env.PLUGIN_PROTOCOL_VERSIONS, execution.group, execution.attempt,
        execution.startedAt.nanos, execution.finishedAt.seconds, config.get('reporting_node')].join(' ')));
      case 'hang': return call.on('cancelled', () => process.stderr.write('[INFO] it was told\\n'));
      case 'crash': return process.exit(3);
      case 'rubbish': return answer(null, Buffer.of(0xff));
      default: return answer({ code: 3, details: 'do:\\n ' + config.get('do') + ' is unknown' });
    }
  });
  const path = process.env.PLUGIN_UNIX_SOCKET_DIR + '/s';
  server.bindAsync('unix:' + path, ServerCredentials.createInsecure(), () => console.log(\`${line}\`));
  process.on('SIGTERM', () => process.exit(0));`;

const SECRET = 'hunter2-Sesame';
const folder = new PluginFolder();
let host: PluginHost;
const processor = (): Processor => host.processors.find(({ name }) => name === 'demo') as Processor;

beforeAll(async () => {
  folder.node('dkron-processor-demo', plugin('1|2|unix|${path}|grpc'));
  folder.node('dkron-processor-old', plugin('1|1|unix|${path}|grpc'));
  folder.node('dkron-processor-odd', plugin('1|2|unix|${path}|netrpc'));
  folder.node('dkron-executor-new', plugin('1|2|unix|${path}|grpc'));
  host = hostOf({ folders: [folder.path], waitMs: 20_000 });
  await host.start();
});
afterAll(async () => {
  await host.close();
  folder.remove();
});

const bad = { do: 'x', password: SECRET };
processorSuite(
  { describe, it },
  {
    name: 'demo',
    make: processor,
    badConfigs: { do: bad },
    failing: { make: processor, config: bad },
    hanging: { make: processor, config: { do: 'hang', password: SECRET } },
    secrets: [SECRET],
  },
);

describe('a processor that speaks gRPC', () => {
  const input = {
    executionId: '1700000000000000001-n1',
    jobName: 'job',
    nodeName: 'n1',
    reportingNode: 'n2',
    success: true,
    startedAt: '2023-11-14T22:13:20.000000005Z',
    finishedAt: '2023-11-14T22:13:21Z',
    attempt: 2,
    output: Buffer.from('text'),
  };
  const { signal } = new AbortController();
  const processed = async (config: Record<string, string>): Promise<string> =>
    Buffer.from(await processor().process(input, config, { signal } as never)).toString();

  it('gets the whole execution', async () => {
    expect(await processed({ do: 'facts' })).toBe('1,2 1700000000000000001 2 5 1700000001 n2');
  });

  it('is told when a call is given up, fails by name and cause, and comes back after a crash', async () => {
    await expect(processed({ do: 'x' })).rejects.toThrow(/^plugin processor-demo: do: x is unknown$/);
    await expect(processed({ do: 'rubbish' })).rejects.toThrow(/^plugin processor-demo: no types\.v1\.ProcessResponse/);
    await expect(processed({ do: 'crash' })).rejects.toThrow(
      /^plugin processor-demo has exited during the run: exit status 3; it said: \[INFO\] it was told$/,
    );
    expect(await processed({ forward: 'true' })).toBe('text');
  });

  it('is that only with version 2, and only as a processor', () => {
    const errors = host.status().map(({ id, error = '' }) => [id, error.replace(/.*did not start: /, '')]);
    expect(errors).toEqual([
      ['executor-new', 'plugin speaks application protocol 2, offered: 1'],
      ['processor-demo', ''],
      ['processor-odd', 'plugin speaks netrpc, allowed here: grpc'],
      ['processor-old', 'plugin speaks grpc, allowed here: netrpc'],
    ]);
  });
});

describe('messages of processors', () => {
  const execution = {
    jobName: 'j',
    success: true,
    output: Uint8Array.of(104, 105),
    nodeName: 'n1',
    group: 1_700_000_000_000_000_000n,
    attempt: 1,
    startedAt: { seconds: 1_700_000_000n, nanos: 5 },
    finishedAt: { seconds: 0n, nanos: 0 },
  };
  // As protobuf writes it, field by field.
  const fields = '0a016a10011a02686922026e31288080a8b1e39fe7cb1730013a080880e2cfaa0610054200';

  it('are those of protobuf', () => {
    const config = new Map([['k', 'v']]);
    const bytes = Buffer.from(processRequestCodec.encode({ execution, config })).toString('hex');
    expect(bytes.slice(4)).toBe(`${fields}12060a016b120176`);
    expect(processRequestCodec.decode(Uint8Array.from(Buffer.from(bytes, 'hex')))).toEqual({ execution, config });
    expect(processResponseCodec.decode(processResponseCodec.encode({ execution }))).toEqual({ execution });
  });

  it('that leave all out are zero, and cut ones are refused', () => {
    const { success, group, attempt } = processResponseCodec.decode(new Uint8Array()).execution;
    expect([success, group, attempt]).toEqual([false, 0n, 0]);
    const bytes = processResponseCodec.encode({ execution });
    for (let end = 1; end < bytes.length; end++) {
      expect(() => processResponseCodec.decode(bytes.subarray(0, end))).toThrow(PluginWireError);
    }
  });
});
