/*
 * Damaged copies of recorded bytes, and of nothing but chance, in every decoder: each must end in a value or a
 * PluginWireError, soon, and without memory that the bytes do not pay for.
 */
import { readFileSync } from 'node:fs';
import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '@dkron/runtime';
import { PluginWireError } from './errors.ts';
import { GobDecoder } from './gob/decoder.ts';
import { connInfoCodec, executeRequestCodec, executeResponseCodec, statusUpdateCodec } from './grpc/messages.ts';
import { processRequestCodec, processResponseCodec } from './grpc/processor-messages.ts';
import { HandshakeReader } from './handshake.ts';
import { executionFromGob, processorArgsFromGob } from './processor.ts';
import { RpcDecoder } from './rpc.ts';
import { YamuxFrameReader } from './yamux/frame.ts';
import { YamuxSession } from './yamux/session.ts';

/** For each decoder, what a few seconds of a busy machine allow. For long runs: PLUGINS_FUZZ_INPUTS=1000000. */
const INPUTS = Number(process.env['PLUGINS_FUZZ_INPUTS'] ?? 5_000);
const SEED = Number(process.env['PLUGINS_FUZZ_SEED'] ?? 8);
const SLOWEST_MS = 50;
const MAX_GROWTH_BYTES = 64 * 1_048_576;

interface Entry {
  readonly dir: string;
  readonly stream: number;
  readonly header_hex?: string;
  readonly payload_hex?: string;
  readonly message?: string;
  readonly hex?: string;
}
const { plugins } = JSON.parse(readFileSync(new URL('../../testdata/plugins.json', import.meta.url), 'utf8')) as {
  readonly plugins: Readonly<Record<string, { readonly handshake_line: string; readonly timeline: readonly Entry[] }>>;
};
const all = Object.values(plugins);
const unhex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const lines = [
  ...all.map(({ handshake_line }) => handshake_line.replace('<tmp>', '/tmp')),
  `1|1|tcp|127.0.0.1:10000|grpc|${'QUJD'.repeat(20)}|true\n`,
].map((line) => new TextEncoder().encode(line));
const frames: Uint8Array[] = [];
const streams: Uint8Array[] = [];
for (const { timeline } of all) {
  for (const dir of ['host->plugin', 'plugin->host']) {
    const said = timeline.filter((entry) => entry.dir === dir && entry.header_hex !== undefined);
    if (said.length > 0) frames.push(unhex(said.map((one) => one.header_hex! + (one.payload_hex ?? '')).join('')));
    for (const stream of [1, 7]) {
      const payloads = said.filter((one) => one.stream === stream).map((one) => one.payload_hex ?? '');
      if (payloads.length > 0) streams.push(unhex(payloads.join('')).subarray(stream === 7 ? 4 : 0));
    }
  }
}
const messages = all.flatMap(({ timeline }) =>
  timeline.filter((entry) => entry.message !== undefined && entry.hex !== '').map(({ hex }) => unhex(hex!)),
);

const DECODERS: readonly (readonly [string, readonly Uint8Array[], (bytes: Uint8Array) => unknown])[] = [
  ['handshakes', lines, (bytes) => new HandshakeReader().push(bytes)],
  ['yamux frames', frames, (bytes) => [...new YamuxFrameReader().push(bytes)]],
  ['yamux sessions', frames, session],
  ['gob', streams, (bytes) => [...new GobDecoder().push(bytes)]],
  ['calls', streams, calls],
  [
    'messages of gRPC',
    messages,
    (bytes) =>
      [
        connInfoCodec,
        executeRequestCodec,
        executeResponseCodec,
        statusUpdateCodec,
        processRequestCodec,
        processResponseCodec,
      ].map((codec) => refused(() => codec.decode(bytes))),
  ],
];

/** Both roles hear the bytes, and the application takes what came, answers and ends. */
function session(bytes: Uint8Array): void {
  for (const role of ['client', 'server'] as const) {
    const heard = new YamuxSession({ role });
    if (role === 'client') for (let opened = 0; opened < 4; opened++) heard.open();
    heard.receive(bytes);
    for (const event of heard.takeEvents()) {
      if (event.type === 'data') heard.consume(event.streamId, event.bytes.length);
      if (event.type === 'data') refused(() => heard.write(event.streamId, event.bytes));
      if (event.type === 'end') refused(() => heard.end(event.streamId));
    }
    const output = concatBytes(heard.takeOutput());
    // What we say keeps to the rules of frames, whatever was heard.
    expect([...new YamuxFrameReader().push(output)].length > 0).toBe(output.length > 0);
  }
}

function calls(bytes: Uint8Array): void {
  for (const { body } of new RpcDecoder().push(bytes)) {
    refused(() => executionFromGob(body));
    refused(() => processorArgsFromGob(body));
  }
}

/** Throws what is no refusal. */
function refused(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof PluginWireError)) throw error;
  }
}

/** Milliseconds. */
function timed(decode: (bytes: Uint8Array) => unknown, input: Uint8Array): number {
  const start = performance.now();
  refused(() => decode(input));
  return performance.now() - start;
}

const TELLING = [0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x0a, 0x10, 0x17, 0x7c, 0x7f, 0x80, 0x82, 0xf8, 0xfc, 0xfe, 0xff];
const MAX_EDITS = 4;
const MAX_CUT_BYTES = 8;

/** A copy with a few bytes changed, put in, cut out, doubled or cut off. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutant = bytes;
  for (let edits = 1 + random.nextInt(MAX_EDITS); edits > 0; edits--) {
    const at = random.nextInt(mutant.length + 1);
    const byte = random.nextInt(2) === 0 ? TELLING[random.nextInt(TELLING.length)]! : random.nextInt(256);
    const [before, after] = [mutant.subarray(0, at), mutant.subarray(at)];
    const kind = random.nextInt(8);
    if (kind === 0) mutant = before;
    else if (kind === 1) mutant = concatBytes([before, after.subarray(1 + random.nextInt(MAX_CUT_BYTES))]);
    else if (kind === 2) mutant = concatBytes([before, mutant.subarray(random.nextInt(at + 1))]);
    else if (kind === 3) mutant = concatBytes([before, Uint8Array.of(byte), after]);
    else mutant = concatBytes([before, Uint8Array.of(byte), after.subarray(1)]);
  }
  return mutant;
}

/** Stacks of refusals that nobody reads take most of the time. */
const stackTraceLimit = Error.stackTraceLimit;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe(`fuzz: ${INPUTS * DECODERS.length} inputs, seed ${SEED}`, () => {
  it('has something of everything to damage', () => {
    expect(DECODERS.map(([, corpus]) => corpus.length)).toEqual([12, 8, 8, 16, 16, messages.length]);
    expect(messages.length).toBeGreaterThan(50);
    for (const [, corpus, decode] of DECODERS) for (const bytes of corpus) decode(bytes);
  });

  it.each(DECODERS)(
    '%s',
    (name, corpus, decode) => {
      const random = seededRandom(SEED).fork(name);
      let slowest: Uint8Array = new Uint8Array();
      let slowestMs = 0;
      for (let i = 0; i < INPUTS; i++) {
        const isRandom = i % 10 === 0;
        const input = isRandom ? random.bytes(random.nextInt(64)) : mutate(corpus[i % corpus.length]!, random);
        const ms = timed(decode, input);
        if (ms <= slowestMs) continue;
        slowestMs = ms;
        slowest = input;
      }
      // Other work of the machine may have been in between: the best of a few counts.
      for (let i = 0; i < 5 && slowestMs > SLOWEST_MS; i++) slowestMs = Math.min(slowestMs, timed(decode, slowest));
      expect(slowestMs).toBeLessThan(SLOWEST_MS);
    },
    3_600_000,
  );

  it('claims of great lengths, and many small pieces, cost little', () => {
    const before = heldBytes();
    for (const head of ['fd7fffff', 'fcffffffff', 'f8ffffffffffffffff', '090c00f87fffffffffffff']) {
      refused(() => [...new GobDecoder().push(unhex(head))]);
    }
    const held = [new GobDecoder(), new YamuxFrameReader()];
    // A message and a frame of 256 KiB, a byte at a time, the last byte missing.
    const heads = [unhex('fd040000'), unhex('000000000000000100040000')];
    for (const [index, decoder] of held.entries()) {
      expect([...decoder.push(heads[index]!)]).toEqual([]);
      for (let i = 0; i < 262_143; i++) for (const _ of decoder.push(Uint8Array.of(0))) expect.unreachable();
      expect(decoder.waitingBytes).toBe(262_143);
    }
    expect(heldBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
  });
});
