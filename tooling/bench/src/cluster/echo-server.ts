/**
 * A process of its own: a server that does nothing but send dispatches to its streams, one message each, and read what
 * comes back. `node echo-server.ts STREAMS WARM_MS MEASURE_MS` prints its address, then dispatches answered per second.
 */
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentSession, toServerFromWire, toWorkerToWire } from '@dkron/contracts';
import type { Dispatch } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';

/** As a session has. */
const WINDOW = 256;
const TICK = 1_792_000_000_000_000_000n;
const [streams = 1, warmMs = 0, measureMs = 1] = process.argv.slice(2).map(Number);
const same = (bytes: Buffer): Buffer => bytes;
const { definition: job } = parseJobJson(
  '{"name":"agents-1","schedule":"*/10 * * * * *","executor":"shell","executor_config":{"command":"true"},"tags":{"pool":"agents:1"}}',
);
const all = Promise.withResolvers<undefined>();
let connected = 0;
let ended = 0;

function serve(call: ServerDuplexStream<Buffer, Buffer>): void {
  let seq = 0;
  const send = (): void => {
    seq += 1;
    const id = `${TICK + BigInt(seq)}-a1`;
    const dispatch: Dispatch = { id, attempt: 1, group: TICK, tick: TICK, job, timeoutMs: null, killGraceMs: 5_000 };
    const bytes = toWorkerToWire([{ type: 'dispatch', seq, term: 1n, dispatch }]);
    call.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };
  call.on('data', (bytes: Buffer) => {
    for (const message of toServerFromWire(bytes)) {
      if (message.type === 'ping') {
        connected += 1;
        if (connected === streams) all.resolve(undefined);
        for (let i = 0; i < WINDOW; i++) send();
      } else if (message.type === 'finished') {
        ended += 1;
        send();
      }
    }
  });
  call.on('error', () => {});
}

const raw = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const { path } = agentSession.session;
const service = { session: { path, requestStream: true, responseStream: true, ...raw } } as const;
const server = new Server();
server.addService(service as unknown as ServiceDefinition, { session: serve });
const port = await new Promise<number>((resolve, reject) =>
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  ),
);
process.stdout.write(`127.0.0.1:${port}\n`);
await all.promise;
await sleep(warmMs);
const [before, start] = [ended, performance.now()];
await sleep(measureMs);
process.stdout.write(`${((ended - before) * 1_000) / (performance.now() - start)}\n`);
process.exit(0);
