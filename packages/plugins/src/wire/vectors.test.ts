/*
 * Recordings of plugins in Go, 4.1.2 of the original: each record is read, compared with what the recording says it
 * means, and written again byte for byte.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeBrokerId, encodeBrokerId } from './broker.ts';
import { GobDecoder } from './gob/decoder.ts';
import { encodeGobDefinition, encodeGobMessage } from './gob/encoder.ts';
import { GobTypeRegistry } from './gob/registry.ts';
import type { GobValue } from './gob/types.ts';
import {
  connInfoCodec,
  executeRequestCodec,
  executeResponseCodec,
  statusUpdateCodec,
  type MessageCodec,
} from './grpc/messages.ts';
import { formatHandshake, parseHandshake } from './handshake.ts';
import {
  EXECUTION_SCHEMA,
  executionFromGob,
  executionToGob,
  PROCESSOR_ARGS_SCHEMA,
  processorArgsFromGob,
  processorArgsToGob,
  type PluginExecution,
} from './processor.ts';
import { EMPTY_STRUCT, RpcDecoder, RpcEncoder } from './rpc.ts';
import { encodeYamuxFrame, YamuxFrameReader } from './yamux/frame.ts';
import { YamuxSession } from './yamux/session.ts';

interface Entry {
  readonly dir: 'host->plugin' | 'plugin->host';
  readonly stream: number;
  readonly yamux?: 'data' | 'window_update';
  readonly flags?: number;
  readonly length?: number;
  readonly header_hex?: string;
  readonly payload_hex?: string;
  readonly payload_hex_head?: string;
  readonly payload_sha256?: string;
  readonly gob?: 'type definition' | 'value';
  readonly type_id?: number;
  readonly hex?: string;
  readonly net_rpc?: { readonly ServiceMethod: string; readonly Seq: number; readonly Error?: string };
  readonly body?: unknown;
  readonly broker_id_hex?: string;
  readonly synced_stream?: string;
  readonly text?: string;
  readonly message?: string;
  readonly json?: Record<string, unknown>;
}
interface Plugin {
  readonly kind: 'executor' | 'processor';
  readonly handshake_line: string;
  readonly life_cycle: Readonly<Record<string, { readonly handshake?: string } | number | string>>;
  readonly timeline: readonly Entry[];
}

const text = readFileSync(new URL('../../testdata/plugins.json', import.meta.url), 'utf8');
// Groups are nanoseconds: more than a number holds.
const recorded = JSON.parse(text.replaceAll(/"group": (\d+)/g, '"group": "$1"')) as {
  readonly plugins: Readonly<Record<string, Plugin>>;
  readonly large_process_call: { readonly timeline: readonly Entry[] };
};
const plugins = Object.entries(recorded.plugins);
const processors = plugins.filter(([, { kind }]) => kind === 'processor');

const unhex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Payloads of one direction of one stream, in order. */
function payloads(timeline: readonly Entry[], dir: string, stream: number): Uint8Array[] {
  return timeline
    .filter((entry) => entry.dir === dir && entry.stream === stream && entry.payload_hex !== undefined)
    .map((entry) => unhex(entry.payload_hex!));
}

/** What follows the broker id, where there is one. */
function rpcBytes(timeline: readonly Entry[], dir: string, stream: number): Buffer {
  return Buffer.concat(payloads(timeline, dir, stream)).subarray(stream >= 7 ? 4 : 0);
}

describe.each(plugins)('%s', (_name, { handshake_line, life_cycle, timeline, kind }) => {
  it('handshake lines', () => {
    const cycles = Object.values(life_cycle).flatMap((one) => (typeof one === 'object' ? [one.handshake ?? ''] : []));
    const lines = [handshake_line, ...cycles].filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      const real = line.replace(/<(tmp|dir)>/, '/tmp');
      const handshake = parseHandshake(real);
      expect(handshake.protocol).toBe(kind === 'executor' ? 'grpc' : 'netrpc');
      expect(formatHandshake(handshake)).toBe(real);
    }
  });

  it('messages of gRPC', () => {
    const messages = timeline.filter((entry) => entry.message !== undefined);
    expect(messages.length > 0).toBe(kind === 'executor');
    for (const { message, hex, json } of messages) checkMessage(message!, hex!, json!);
  });
});

function checkMessage(name: string, hex: string, json: Record<string, unknown>): void {
  const again = <T>(codec: MessageCodec<T>): T => {
    const message = codec.decode(unhex(hex));
    expect(hexOf(codec.encode(message))).toBe(hex);
    return message;
  };
  const utf8 = (bytes: Uint8Array): unknown =>
    bytes.length === 0 ? undefined : { bytes: bytes.length, utf8: Buffer.from(bytes).toString() };
  if (name === 'plugin.ConnInfo') {
    const { serviceId, network, address } = again(connInfoCodec);
    expect({ service_id: serviceId, network, address }).toEqual(json);
  } else if (name === 'types.v1.ExecuteRequest') {
    const { jobName, config, statusServer } = again(executeRequestCodec);
    const fields = { job_name: jobName, config: Object.fromEntries(config), status_server: statusServer };
    expect(fields).toEqual({ config: {}, ...json });
  } else if (name === 'types.v1.ExecuteResponse') {
    const { output, error } = again(executeResponseCodec);
    expect({ output: utf8(output), error: error || undefined }).toEqual(json);
  } else if (name === 'types.v1.StatusUpdateRequest') {
    const { output, error } = again(statusUpdateCodec);
    expect({ output: utf8(output), error: error || undefined }).toEqual(json);
  } else {
    expect(name).toMatch(/^(google\.protobuf\.Empty|plugin\.Empty|types\.v1\.StatusUpdateResponse)$/);
    expect([hex, json]).toEqual(['', {}]);
  }
}

describe.each(processors.map(([name, { timeline }]) => [name, timeline] as const))('%s', (_name, timeline) => {
  it('yamux frames', () => {
    const frames = timeline.filter((entry) => entry.yamux !== undefined);
    expect(frames.length).toBeGreaterThan(10);
    for (const { header_hex, payload_hex = '', yamux, flags, stream, length } of frames) {
      const [frame, ...more] = new YamuxFrameReader().push(unhex(header_hex! + payload_hex));
      expect(more).toEqual([]);
      const type = yamux === 'data' ? 'data' : 'windowUpdate';
      expect(frame).toMatchObject({ type, flags, streamId: stream, value: length });
      expect(hexOf(encodeYamuxFrame(frame!))).toBe(header_hex! + payload_hex);
    }
  });

  it('broker ids and printed text', () => {
    const ids = timeline.filter((entry) => entry.broker_id_hex !== undefined);
    expect(ids).toHaveLength(2);
    for (const { broker_id_hex } of ids) {
      expect(decodeBrokerId(unhex(broker_id_hex!))).toBe(1);
      expect(hexOf(encodeBrokerId(1))).toBe(broker_id_hex);
    }
    for (const stream of [3, 5]) {
      const printed = timeline.filter((entry) => entry.synced_stream !== undefined && entry.stream === stream);
      const bytes = Buffer.concat(payloads(timeline, 'plugin->host', stream));
      expect(bytes.toString()).toBe(printed.map((entry) => entry.text).join(''));
    }
  });

  it('gob messages, by the definitions that came', () => {
    for (const dir of ['host->plugin', 'plugin->host'] as const) {
      for (const stream of [1, 7]) {
        const entries = timeline.filter((one) => one.dir === dir && one.stream === stream && one.gob !== undefined);
        const decoder = new GobDecoder();
        for (const { hex, gob, type_id } of entries) {
          const [message] = decoder.push(unhex(hex!));
          expect([message!.kind === 'definition' ? 'type definition' : 'value', message!.typeId]).toEqual([
            gob,
            type_id,
          ]);
          const again =
            message!.kind === 'definition'
              ? encodeGobDefinition(decoder.lookup, message!.typeId)
              : encodeGobMessage(decoder.lookup, message!.typeId, message!.value);
          expect(hexOf(again)).toBe(hex);
        }
        expect(decoder.waitingBytes).toBe(0);
      }
    }
  });

  it.each(['host->plugin', 'plugin->host'] as const)('calls and answers %s, written by types of our own', (dir) => {
    const said = timeline.filter((one) => one.dir === dir && one.net_rpc !== undefined);
    const registry = new GobTypeRegistry();
    const [control, plugin] = [1, 7].map((stream) => {
      const bytes = rpcBytes(timeline, dir, stream);
      return { bytes, calls: [...new RpcDecoder().push(bytes)], encoder: new RpcEncoder(registry), again: [''] };
    });
    // In the order of time, since types have their ids by it on all streams of a process.
    for (const { stream, net_rpc, body } of said) {
      const { calls, encoder, again } = stream === 1 ? control! : plugin!;
      const call = calls.shift()!;
      expect(rpcHeader(call)).toEqual({ Error: '', ...net_rpc });
      expect(rpcBody(call.serviceMethod, call.body, dir)).toEqual(body);
      again.push(hexOf(encodeAgain(encoder, call, dir)));
    }
    for (const { bytes, calls, again } of [control!, plugin!]) {
      expect(calls).toEqual([]);
      expect(again.join('')).toBe(hexOf(bytes));
    }
  });

  it('is read at any cut', () => {
    const bytes = rpcBytes(timeline, 'host->plugin', 7);
    const whole = [...new RpcDecoder().push(bytes)];
    expect(whole.length).toBeGreaterThan(0);
    for (let at = 0; at <= bytes.length; at++) {
      const decoder = new RpcDecoder();
      expect([...decoder.push(bytes.subarray(0, at)), ...decoder.push(bytes.subarray(at))]).toEqual(whole);
    }
    const decoder = new RpcDecoder();
    expect([...bytes].flatMap((byte) => [...decoder.push(Uint8Array.of(byte))])).toEqual(whole);
  });

  it.each(['client', 'server'] as const)('play-back: our %s says what Go said, frame by frame', (role) => {
    const frames = timeline.filter((entry) => entry.yamux !== undefined);
    const session = new YamuxSession({ role });
    const ours = role === 'client' ? 'host->plugin' : 'plugin->host';
    const output: string[] = [];
    const heard: Uint8Array[] = [];
    const drain = (): void => {
      output.push(...session.takeOutput().map(hexOf));
      for (const event of session.takeEvents()) {
        if (event.type === 'failed') throw event.error;
        if (event.type !== 'data') continue;
        heard.push(event.bytes);
        session.consume(event.streamId, event.bytes.length);
      }
    };
    for (const { dir, flags, stream, header_hex, payload_hex = '' } of frames) {
      if (dir !== ours) session.receive(unhex(header_hex! + payload_hex));
      else if (flags === 1) expect(session.open()).toBe(stream);
      else if (flags === 4) session.end(stream);
      else if (flags === 0) session.write(stream, unhex(payload_hex));
      drain();
    }
    const hexOfFrames = (dir: string): string[] =>
      frames.filter((entry) => entry.dir === dir).map((entry) => entry.header_hex! + (entry.payload_hex ?? ''));
    // Confirmations of streams are sent at once here, a moment later by Go: the order differs, not the frames.
    expect(output.toSorted()).toEqual(hexOfFrames(ours).toSorted());
    const sent = frames.filter((entry) => entry.dir !== ours).map((entry) => entry.payload_hex ?? '');
    expect(hexOf(Buffer.concat(heard))).toBe(sent.join(''));
  });
});

function rpcHeader({ serviceMethod, seq, error }: { serviceMethod: string; seq: number; error: string }): unknown {
  return { ServiceMethod: serviceMethod, Seq: seq, Error: error };
}

function rpcBody(method: string, body: GobValue, dir: string): unknown {
  if (method !== 'Plugin.Process') return body instanceof Map ? {} : typeof body === 'bigint' ? Number(body) : body;
  if (dir === 'plugin->host') return executionJson(executionFromGob(body));
  const { execution, config } = processorArgsFromGob(body);
  return { Config: Object.fromEntries(config), Execution: executionJson(execution) };
}

/** As the recording shows executions: without what is zero. */
function executionJson(one: PluginExecution): unknown {
  const time = (at: PluginExecution['startedAt']): unknown =>
    at && { ...(at.seconds !== 0n && { seconds: Number(at.seconds) }), ...(at.nanos !== 0 && { nanos: at.nanos }) };
  const { length } = one.output;
  return {
    job_name: one.jobName,
    node_name: one.nodeName,
    group: String(one.group),
    attempt: one.attempt,
    started_at: time(one.startedAt),
    finished_at: time(one.finishedAt),
    ...(one.success && { success: true }),
    ...(length > 0 && { output: { bytes: length, utf8: Buffer.from(one.output).toString() } }),
  };
}

function encodeAgain(
  encoder: RpcEncoder,
  call: { serviceMethod: string; seq: number; body: GobValue },
  dir: 'host->plugin' | 'plugin->host',
): Uint8Array {
  const { serviceMethod, seq, body } = call;
  const write = dir === 'host->plugin' ? encoder.request.bind(encoder) : encoder.response.bind(encoder);
  if (typeof body === 'string') return write(serviceMethod, seq, { kind: 'string' }, body);
  if (typeof body === 'bigint') return write(serviceMethod, seq, { kind: 'uint' }, body);
  if (typeof body === 'boolean') return write(serviceMethod, seq, { kind: 'bool' }, body);
  if (serviceMethod !== 'Plugin.Process') return write(serviceMethod, seq, EMPTY_STRUCT, body);
  if (dir === 'plugin->host')
    return write(serviceMethod, seq, EXECUTION_SCHEMA, executionToGob(executionFromGob(body)));
  return write(serviceMethod, seq, PROCESSOR_ARGS_SCHEMA, processorArgsToGob(processorArgsFromGob(body)));
}

describe('a call of 614,400 bytes', () => {
  const { timeline } = recorded.large_process_call;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const execution: PluginExecution = {
    jobName: 'bigproc',
    success: true,
    output: new TextEncoder().encode('0123456789abcde\n'.repeat(614_400 / 16).slice(0, 614_400)),
    nodeName: 'n',
    group: 1_700_000_000_000_000_000n,
    attempt: 1,
    startedAt: { seconds: 1_700_000_000n, nanos: 5 },
    finishedAt: { seconds: 1_700_000_001n, nanos: 0 },
  };
  const config = new Map([
    ['forward', 'true'],
    ['reporting_node', 'n'],
  ]);
  /** Payloads of the recording that are longer than a dispense. */
  const large = (dir: string): Entry[] =>
    timeline.filter((one) => one.dir === dir && one.payload_sha256 !== undefined && one.stream === 7);

  it.each(['host->plugin', 'plugin->host'] as const)('%s: the same bytes in the same frames', (dir) => {
    const encoder = new RpcEncoder(new GobTypeRegistry());
    const bytes =
      dir === 'host->plugin'
        ? encoder.request('Plugin.Process', 0, PROCESSOR_ARGS_SCHEMA, processorArgsToGob({ execution, config }))
        : encoder.response('Plugin.Process', 0, EXECUTION_SCHEMA, executionToGob(execution));
    let at = 0;
    for (const { length, payload_sha256 } of large(dir)) {
      expect(sha256(bytes.subarray(at, at + length!))).toBe(payload_sha256);
      at += length!;
    }
    expect(at).toBe(bytes.length);
    const [call] = new RpcDecoder().push(bytes);
    const found = dir === 'host->plugin' ? processorArgsFromGob(call!.body).execution : executionFromGob(call!.body);
    expect(found).toEqual(execution);
  });

  it('goes through two sessions whose windows are smaller', () => {
    const [host, plugin] = [new YamuxSession({ role: 'client' }), new YamuxSession({ role: 'server' })];
    const id = host.open();
    host.write(id, execution.output);
    const got: Uint8Array[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < 20; round++) {
      for (const bytes of host.takeOutput()) plugin.receive(bytes);
      for (const event of plugin.takeEvents()) {
        if (event.type !== 'data') continue;
        got.push(event.bytes);
        sizes.push(event.bytes.length);
        plugin.consume(id, event.bytes.length);
      }
      for (const bytes of plugin.takeOutput()) host.receive(bytes);
    }
    expect(sizes).toEqual([262_144, 262_144, 90_112]);
    expect(sha256(Buffer.concat(got))).toBe(sha256(execution.output));
  });
});
