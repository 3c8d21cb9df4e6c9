/*
 * Damaged copies of captured bytes, and of nothing but chance, in every decoder: each must end in a value or a
 * WireError, soon, and without memory that the bytes do not pay for.
 */
import { readFileSync } from 'node:fs';
import { seededRandom } from '@dkron/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeVersions } from '../core/types.ts';
import { WireError } from '../core/errors.ts';
import { Keyring } from '../core/keyring.ts';
import { decodeCoordinate } from '../core/wire/coordinate.ts';
import { decodeFilter } from '../core/wire/filters.ts';
import { lzwDecode } from '../core/wire/lzw-decode.ts';
import { MsgpackReader } from '../core/wire/msgpack-reader.ts';
import { decodeSerfMessage } from '../core/wire/serf-codec.ts';
import { decodeTags } from '../core/wire/tags.ts';
import { dissectPacket, dissectStream, mutateBytes } from '../testing/index.ts';
import { unhex } from '../testing/vector-values.ts';
import { nodeAead } from './aead.ts';
import { PacketCodec } from './packet-codec.ts';
import { StreamCodec } from './stream-codec.ts';

/** For each decoder, what some ten seconds of a busy machine allow. For long runs: GOSSIP_FUZZ_INPUTS=1000000. */
const INPUTS = Number(process.env['GOSSIP_FUZZ_INPUTS'] ?? 40_000);
const SLOWEST_MS = 50;
const MAX_GROWTH_BYTES = 64 * 1_048_576;
const SEED = Number(process.env['GOSSIP_FUZZ_SEED'] ?? 6);

interface VectorFile {
  readonly udp: readonly { readonly hex: string }[];
  readonly tcp: readonly { readonly c2s: { readonly hex: string }; readonly s2c: { readonly hex: string } }[];
}

const files = ['plain-uncompressed', 'plain-compressed', 'dkron-plain', 'ipv6'].map(
  (name) => JSON.parse(readFileSync(new URL(`../../testdata/${name}.json`, import.meta.url), 'utf8')) as VectorFile,
);
const datagrams = files.flatMap(({ udp }) => udp.map(({ hex }) => unhex(hex)));
const streams = files.flatMap(({ tcp }) => tcp.flatMap(({ c2s, s2c }) => [unhex(c2s.hex), unhex(s2c.hex)]));
const modules = { keyring: new Keyring(), aead: nodeAead };

const keyring = new Keyring([new Uint8Array(16)]);
const packets = new PacketCodec({}, modules);
const opened = new PacketCodec({ verifyIncoming: false }, { keyring });
const streamCodec = new StreamCodec({}, modules);

const bodies: Uint8Array[] = [];
const metas: Uint8Array[] = [];
const payloads: Uint8Array[] = [];
for (const datagram of datagrams) {
  dissectPacket(datagram, modules);
  for (const message of packets.unpack(datagram).messages) {
    if (message.type === 'user') bodies.push(message.body);
    if (message.type === 'alive' && message.meta) metas.push(message.meta);
    if (message.type === 'ack' && message.payload) payloads.push(message.payload);
  }
}
for (const stream of streams) {
  const { message } = dissectStream(stream, new Uint8Array(), modules);
  if (message.type === 'pushPull') bodies.push(message.userState);
}
const filters = [unhex('0092a462657461a567616d6d61'), unhex('0182a445787072a3642e2aa3546167a4726f6c65')];

const { lzw } = JSON.parse(readFileSync(new URL('../../testdata/library-generated.json', import.meta.url), 'utf8')) as {
  readonly lzw: readonly { readonly lzw: string }[];
};
const compressed = lzw.map((one) => unhex(one.lzw)).filter((bytes) => bytes.length < 2000);

const DECODERS: readonly (readonly [string, readonly Uint8Array[], (bytes: Uint8Array) => unknown])[] = [
  ['packets', datagrams, (bytes) => packets.unpack(bytes)],
  ['packets that may be sealed', datagrams, (bytes) => opened.unpack(bytes)],
  ['streams', streams, (bytes) => streamCodec.decoder('listener').push(bytes)],
  ['Serf messages', bodies, (bytes) => decodeSerfMessage(bytes)],
  ['tags and versions', metas, (bytes) => [decodeTags(bytes), decodeVersions(bytes)]],
  [
    'filters and coordinates',
    [...filters, ...payloads],
    (bytes) => (bytes.length < 40 ? decodeFilter(bytes) : decodeCoordinate(bytes)),
  ],
  ['LZW', compressed, (bytes) => lzwDecode(bytes, 65_536)],
  ['msgpack', bodies, (bytes) => new MsgpackReader(bytes).skip()],
];

/** Milliseconds, or throws what is no WireError. */
function timed(decode: (bytes: Uint8Array) => unknown, input: Uint8Array): number {
  const start = performance.now();
  try {
    decode(input);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return performance.now() - start;
}

/** Stacks of refusals that nobody reads take most of the time, with the depth that the test runner sets. */
const stackTraceLimit = Error.stackTraceLimit;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe(`fuzz: ${INPUTS * DECODERS.length} inputs, seed ${SEED}`, () => {
  it.each(DECODERS)(
    '%s',
    (name, corpus, decode) => {
      const random = seededRandom(SEED).fork(name);
      let slowest: Uint8Array = new Uint8Array();
      let slowestMs = 0;
      for (let i = 0; i < INPUTS; i++) {
        const isRandom = i % 10 === 0;
        const input = isRandom ? random.bytes(random.nextInt(64)) : mutateBytes(corpus[i % corpus.length]!, random);
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

  it('claims of great lengths cost nothing', () => {
    const heads = ['df7fffffff', 'dd7fffffff', 'db7fffffff', 'c67fffffff', 'dfffffffff', 'ddffffffff'];
    const before = process.memoryUsage();
    for (const head of heads) {
      for (const prefix of ['', '81a14e', '86aa4576656e744c54696d6501a64576656e7473']) {
        for (const type of [0, 2, 4, 8, 9]) {
          const input = unhex(`${type.toString(16).padStart(2, '0')}${prefix}${head}`);
          for (const [, , decode] of DECODERS) timed(decode, input);
        }
      }
    }
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  });
});
