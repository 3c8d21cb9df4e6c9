/*
 * Recorded sessions of Go's host, played to our serve side by a script: with an executor or processor that answers as the
 * recorded one did, it has to say what the plugin in Go said, message by message.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { handleUnaryCall, UntypedHandleCall } from '@grpc/grpc-js';
import { Client, credentials, ServerCredentials } from '@grpc/grpc-js';
import { silentLogger } from '@dkron/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asIs, rawMethod, rawServer } from '../../test/raw-grpc.ts';
import type { RecordedEntry } from '../../test/recorded.ts';
import { hexOf, recordedPlugins, recordedRuns, unhex } from '../../test/recorded.ts';
import { BROKER_PATH, HEALTH_CHECK_PATH, SHUTDOWN_PATH } from '../settings.ts';
import { connInfoCodec, executeResponseCodec, statusUpdateCodec } from '../wire/grpc/messages.ts';
import { GobTypeRegistry } from '../wire/gob/registry.ts';
import { executionFromGob } from '../wire/processor.ts';
import { RpcDecoder } from '../wire/rpc.ts';
import { YamuxSession } from '../wire/yamux/session.ts';
import { executorServer } from './executor-services.ts';
import type { PluginLife } from './plugin-life.ts';
import { Printed } from './printed.ts';
import { ProcessorConnection } from './processor-connection.ts';

let folder: string;
let address: string;
let ended: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playback-'));
  address = join(folder, 'plugin');
  ended = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function lifeOf(printed = new Printed()): PluginLife {
  const nothing = (): void => {};
  const end = (): void => void (ended += 1);
  return { address, logger: silentLogger, printed, announce: nothing, hostLost: nothing, hostBack: nothing, end };
}

describe.each(recordedPlugins('executor'))('%s', (_name, timeline) => {
  it('as served by us reports and answers what was recorded', async () => {
    const runs = recordedRuns(timeline);
    let reported: string[] = [];
    let run = runs[0]!;
    const executor = {
      execute: async (_request: unknown, { output }: { output: (bytes: Uint8Array, stderr: boolean) => void }) => {
        for (const [i, hex] of run.updates.entries()) {
          const update = statusUpdateCodec.decode(unhex(hex));
          output(update.output, update.error);
          await expect.poll(() => reported.length, { timeout: 20_000, interval: 2 }).toBe(i + 1);
        }
        const { output: all, error } = executeResponseCodec.decode(unhex(run.response));
        if (run.updates.length === 0) output(all, false);
        return { success: error === '', error };
      },
    };
    const server = executorServer(executor, lifeOf());
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${address}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    const client = new Client(`unix:${address}`, credentials.createInsecure());
    const call = (path: string, request: Buffer): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, asIs, asIs, request, (error, value) => (error ? reject(error) : resolve(value!)));
      });
    expect(hexOf(await call(HEALTH_CHECK_PATH, unhex('0a06706c7567696e')))).toBe('0801');
    const broker = client.makeBidiStreamRequest(BROKER_PATH, asIs, asIs);
    broker.on('error', () => {});
    for (const one of runs) {
      run = one;
      reported = [];
      const { serviceId } = connInfoCodec.decode(unhex(one.announced));
      const path = join(folder, `c${serviceId}`);
      const update: handleUnaryCall<Buffer, Buffer> = ({ request }, answer) => {
        reported.push(hexOf(request));
        answer(null, Buffer.alloc(0));
      };
      const status = await rawServer(path, [
        [rawMethod('/types.v1.StatusHelperService/Update'), update as UntypedHandleCall],
      ]);
      broker.write(Buffer.from(connInfoCodec.encode({ serviceId, network: 'unix', address: path })));
      expect(hexOf(await call(one.path, unhex(one.request)))).toBe(one.response);
      // What is answered is also reported where the plugin in Go reports nothing: it is live for those who watch.
      if (one.updates.length > 0) expect(reported).toEqual(one.updates);
      status.forceShutdown();
    }
    await call(SHUTDOWN_PATH, Buffer.alloc(0));
    await expect.poll(() => ended, { timeout: 20_000 }).toBe(1);
    client.close();
    server.forceShutdown();
  });
});

describe.each(recordedPlugins('processor'))('%s', (_name, timeline) => {
  it('as served by us says every byte that was recorded', async () => {
    const answers = [...new RpcDecoder().push(rpcBytes(timeline))].map(({ body }) => executionFromGob(body));
    const processor = { process: () => answers.shift()!.output };
    let print: (bytes: Uint8Array, stderr: boolean) => void = () => {};
    const printed = new Printed();
    printed.handTo = (take) => void (print = take ?? print);
    const registry = new GobTypeRegistry();
    const server = createServer((socket) => void new ProcessorConnection(socket, processor, registry, lifeOf(printed)));
    await new Promise<void>((resolve) => server.listen(address, resolve));
    const said = await playHost(timeline, (bytes, stderr) => print(bytes, stderr));
    for (const stream of [1, 3, 5, 7]) {
      const recorded = bytesOf(timeline, 'plugin->host', stream);
      // The recorded plugin may have ended before it had answered to Control.Quit.
      expect((said.get(stream) ?? Buffer.alloc(0)).subarray(0, recorded.length).equals(recorded)).toBe(true);
    }
    await expect.poll(() => ended, { timeout: 20_000 }).toBe(1);
    server.close();
  });
});

function bytesOf(timeline: readonly RecordedEntry[], dir: string, stream: number): Buffer {
  const own = timeline.filter((one) => one.dir === dir && one.stream === stream && one.payload_hex !== undefined);
  return Buffer.concat(own.map((one) => unhex(one.payload_hex!)));
}

function rpcBytes(timeline: readonly RecordedEntry[]): Buffer {
  return bytesOf(timeline, 'plugin->host', 7).subarray(4);
}

/** Says what Go's host said, each time when the plugin has said what it had said by then. */
async function playHost(
  timeline: readonly RecordedEntry[],
  print: (bytes: Uint8Array, stderr: boolean) => void,
): Promise<Map<number, Buffer>> {
  const session = new YamuxSession({ role: 'client' });
  const heard = new Map<number, Buffer>();
  const socket = connect(address);
  const flush = (): void => {
    for (const bytes of session.takeOutput()) socket.write(bytes);
  };
  socket.on('data', (bytes: Buffer) => {
    session.receive(bytes);
    for (const event of session.takeEvents()) {
      if (event.type === 'data') {
        heard.set(event.streamId, Buffer.concat([heard.get(event.streamId) ?? Buffer.alloc(0), event.bytes]));
      }
    }
    flush();
  });
  for (let i = 0; i < 3; i++) session.open();
  let isSeventhOpen = false;
  const due = new Map<number, number>();
  for (const { dir, stream, payload_hex } of timeline) {
    if (payload_hex === undefined || payload_hex === '') continue;
    const bytes = unhex(payload_hex);
    if (dir === 'host->plugin') {
      if (stream === 7 && !isSeventhOpen) isSeventhOpen = session.open() === 7;
      session.write(stream, bytes);
      flush();
      continue;
    }
    due.set(stream, (due.get(stream) ?? 0) + bytes.length);
    if (stream === 3 || stream === 5) print(bytes, stream === 5);
    await expect.poll(() => heard.get(stream)?.length ?? 0, { timeout: 20_000, interval: 1 }).toBe(due.get(stream));
  }
  socket.end();
  return heard;
}
