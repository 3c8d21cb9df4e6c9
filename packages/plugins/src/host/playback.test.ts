/*
 * Recorded sessions of plugins in Go, played to our host by a script: the host has to say what Go's host said, message by
 * message, and to understand what the plugin answered.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { handleBidiStreamingCall, handleUnaryCall, UntypedHandleCall } from '@grpc/grpc-js';
import { Client, credentials } from '@grpc/grpc-js';
import { systemTimers } from '@dkron/runtime/system';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecordedEntry } from '../../test/recorded.ts';
import { hexOf, recordedPlugins, recordedRuns, unhex } from '../../test/recorded.ts';
import { asIs, rawMethod, rawServer } from '../../test/raw-grpc.ts';
import { BROKER_PATH, SHUTDOWN_PATH, STDIO_PATH } from '../settings.ts';
import { connInfoCodec, executeRequestCodec, executeResponseCodec, statusUpdateCodec } from '../wire/grpc/messages.ts';
import type { ConnInfo } from '../wire/grpc/messages.ts';
import { executionFromGob, processorArgsFromGob } from '../wire/processor.ts';
import { RpcDecoder } from '../wire/rpc.ts';
import { YamuxSession } from '../wire/yamux/session.ts';
import { ExecutorSession } from './executor-session.ts';
import { ProcessorSession } from './processor-session.ts';

let folder: string;
let address: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playback-'));
  address = join(folder, 'plugin');
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;

describe.each(recordedPlugins('executor'))('%s', (_name, timeline) => {
  it('is hosted: announcements, calls, progress and end as recorded', async () => {
    const runs = recordedRuns(timeline);
    const announced: ConnInfo[] = [];
    const heard = Promise.withResolvers<void>();
    let ended = false;
    const broker: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
      call.on('data', (bytes: Buffer) => {
        announced.push(connInfoCodec.decode(bytes));
        if (announced.length === runs.length) heard.resolve();
      });
      call.on('end', () => call.end());
    };
    const asked: unknown[] = [];
    const execute: handleUnaryCall<Buffer, Buffer> = ({ request }, answer) => {
      const run = runs[asked.length]!;
      asked.push(executeRequestCodec.decode(request));
      const count = asked.length;
      const answerRun = async (): Promise<void> => {
        await vi.waitUntil(() => announced.length === count, { timeout: 20_000, interval: 1 });
        await report(announced[count - 1]!.address, run.updates);
        answer(null, unhex(run.response));
      };
      void answerRun();
    };
    const shutdown: handleUnaryCall<Buffer, Buffer> = (_call, answer) => {
      ended = true;
      answer(null, Buffer.alloc(0));
    };
    const server = await rawServer(address, [
      [rawMethod(BROKER_PATH, 'both'), broker as UntypedHandleCall],
      [rawMethod(STDIO_PATH, 'answers'), (() => undefined) as UntypedHandleCall],
      [rawMethod(runs[0]!.path), execute as UntypedHandleCall],
      [rawMethod(SHUTDOWN_PATH), shutdown as UntypedHandleCall],
    ]);
    const handshake = { coreVersion: 1, appVersion: 1, network: 'unix', address, protocol: 'grpc' } as const;
    const session = await ExecutorSession.connect(
      { handshake, directory: folder, messageBytesMax: 1_000_000, connectTimeoutMs: 20_000 },
      { timers: systemTimers, printed: () => undefined },
    );
    for (const { request, updates, response } of runs) {
      const told: string[] = [];
      const { jobName, config } = executeRequestCodec.decode(unhex(request));
      const take = (update: Parameters<typeof statusUpdateCodec.encode>[0]): void =>
        void told.push(hexOf(statusUpdateCodec.encode(update)));
      const answered = await session.execute({ jobName, config }, take, never);
      expect(hexOf(executeResponseCodec.encode(answered))).toBe(response);
      expect(told).toEqual(updates);
    }
    await heard.promise;
    const expected = runs.map((run) => connInfoCodec.decode(unhex(run.announced)));
    expect(announced.map(({ serviceId, network }) => [serviceId, network])).toEqual(
      expected.map(({ serviceId, network }) => [serviceId, network]),
    );
    expect(asked).toEqual(runs.map(({ request }) => executeRequestCodec.decode(unhex(request))));
    await session.shutdown();
    expect(ended).toBe(true);
    session.close();
    server.forceShutdown();
  });
});

/** What the plugin says to the status server of the host. */
async function report(path: string, updates: readonly string[]): Promise<void> {
  if (updates.length === 0) return;
  const client = new Client(`unix:${path}`, credentials.createInsecure());
  for (const update of updates) {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const method = '/types.v1.StatusHelperService/Update';
      client.makeUnaryRequest(method, asIs, asIs, unhex(update), (error, value) =>
        error ? reject(error) : resolve(value!),
      );
    });
    expect(answer).toHaveLength(0);
  }
  client.close();
}

describe.each(recordedPlugins('processor'))('%s', (_name, timeline) => {
  it('is hosted: every byte of every stream as recorded', async () => {
    const script = new ScriptedPlugin(timeline);
    const server = createServer((socket) => script.play(socket)).listen(address);
    const printed: string[] = ['', ''];
    const handshake = { coreVersion: 1, appVersion: 1, network: 'unix', address, protocol: 'netrpc' } as const;
    const session = await ProcessorSession.connect(
      { handshake, messageBytesMax: 1_000_000, connectTimeoutMs: 20_000 },
      {
        timers: systemTimers,
        printed: (bytes, stderr) => void (printed[Number(stderr)] += Buffer.from(bytes).toString()),
      },
    );
    for (const [call, answer] of processCalls(timeline)) {
      const args = processorArgsFromGob(call.body);
      expect(await session.process(args, never)).toEqual(executionFromGob(answer.body));
    }
    await session.shutdown();
    expect(script.heard()).toEqual(script.expected());
    for (const [i, stream] of [3, 5].entries()) expect(printed[i]).toBe(script.said(stream));
    session.close();
    server.close();
  });
});

/** Calls of `Plugin.Process` with their answers. */
function processCalls(timeline: readonly RecordedEntry[]) {
  const [calls, answers] = (['host->plugin', 'plugin->host'] as const).map((dir) => {
    const bytes = Buffer.concat(payloads(timeline, dir, 7)).subarray(4);
    return [...new RpcDecoder().push(bytes)];
  });
  expect(answers).toHaveLength(calls!.length);
  return calls!.map((call, i) => [call, answers![i]!] as const);
}

function payloads(timeline: readonly RecordedEntry[], dir: string, stream: number): Buffer[] {
  return timeline.flatMap((one) =>
    one.dir === dir && one.stream === stream && one.payload_hex !== undefined ? [unhex(one.payload_hex)] : [],
  );
}

/** Says what the plugin said, each time when the host has said what it had said by then. */
class ScriptedPlugin {
  readonly #timeline: readonly RecordedEntry[];
  readonly #session = new YamuxSession({ role: 'server' });
  readonly #heard = new Map<number, Buffer>();
  #at = 0;

  constructor(timeline: readonly RecordedEntry[]) {
    this.#timeline = timeline.filter(({ yamux, payload_hex }) => yamux === 'data' && payload_hex !== undefined);
  }

  play(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.#session.receive(bytes);
      for (const event of this.#session.takeEvents()) {
        if (event.type !== 'data') continue;
        const before = this.#heard.get(event.streamId) ?? Buffer.alloc(0);
        this.#heard.set(event.streamId, Buffer.concat([before, event.bytes]));
      }
      this.#advance();
      for (const out of this.#session.takeOutput()) socket.write(out);
    });
  }

  heard(): Record<number, string> {
    return Object.fromEntries([...this.#heard].map(([stream, bytes]) => [stream, bytes.toString('hex')]));
  }

  expected(): Record<number, string> {
    return Object.fromEntries(
      [1, 7].map((stream) => [stream, Buffer.concat(payloads(this.#timeline, 'host->plugin', stream)).toString('hex')]),
    );
  }

  said(stream: number): string {
    return Buffer.concat(payloads(this.#timeline, 'plugin->host', stream)).toString();
  }

  #advance(): void {
    for (; this.#at < this.#timeline.length; this.#at += 1) {
      const { dir, stream, payload_hex } = this.#timeline[this.#at]!;
      if (dir === 'plugin->host') this.#session.write(stream, unhex(payload_hex!));
      else if ((this.#heard.get(stream)?.length ?? 0) < this.#dueUntil(stream)) return;
    }
  }

  /** Bytes of the host on this stream up to here. */
  #dueUntil(stream: number): number {
    const past = this.#timeline.slice(0, this.#at + 1);
    return payloads(past, 'host->plugin', stream).reduce((sum, { length }) => sum + length, 0);
  }
}
