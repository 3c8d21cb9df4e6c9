/*
 * Bytes that real agents put on the wire, with what they mean: every one must be read as that, and written again byte
 * for byte. See testdata/README.md.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../core/keyring.ts';
import type { PacketMessage } from '../core/wire/messages.ts';
import { decodeFilter } from '../core/wire/filters.ts';
import type { IntStyle } from '../core/wire/msgpack-writer.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';
import { decodeSerfMessage, encodeSerfMessage } from '../core/wire/serf-codec.ts';
import type { SerfMessage } from '../core/wire/serf-messages.ts';
import { decodeTags, encodeTags } from '../core/wire/tags.ts';
import {
  assembleMessage,
  assemblePacket,
  assembleStream,
  type DissectedMessage,
  type DissectedSerf,
  dissectPacket,
  dissectStream,
} from '../testing/index.ts';
import { expectSame, hexOf, type Json, unhex } from '../testing/vector-values.ts';
import { nodeAead } from './aead.ts';
import { PacketCodec } from './packet-codec.ts';
import { StreamCodec } from './stream-codec.ts';

interface Decoded {
  readonly label?: string;
  readonly encryption?: { readonly version: number; readonly nonce: string; readonly keyIndex: number };
  readonly crc32?: string;
  readonly message: Json;
  readonly reencode: 'both' | 'unsigned-positive-ints' | 'signed-ints';
}

interface Direction {
  readonly hex: string;
  readonly decoded: Decoded;
}

interface VectorFile {
  readonly keysBase64: readonly string[];
  readonly label: string;
  readonly udp: readonly (Direction & { readonly id: string; readonly shape: string })[];
  readonly tcp: readonly { readonly id: string; readonly c2s: Direction; readonly s2c: Direction }[];
}

const FILES = [
  'plain-uncompressed',
  'plain-compressed',
  'encrypted-keyring',
  'conflict-errors-oldproto',
  'ipv6',
  'dkron-plain',
  'dkron-encrypted',
  'label-plain',
  'label-encrypted',
  'node-script-joins',
];
const STYLES: Readonly<Record<Decoded['reencode'], readonly IntStyle[]>> = {
  both: ['unsigned', 'signed'],
  'unsigned-positive-ints': ['unsigned'],
  'signed-ints': ['signed'],
};
const ALL_STYLES: readonly IntStyle[] = ['unsigned', 'signed'];

const load = (name: string): VectorFile =>
  JSON.parse(readFileSync(new URL(`../../testdata/${name}.json`, import.meta.url), 'utf8')) as VectorFile;

for (const name of FILES) {
  const file = load(name);
  const keys = file.keysBase64.map((key) => Buffer.from(key, 'base64'));
  const ring = new Keyring(keys);
  const modulesFor = (decoded: Decoded) => ({ keyring: decoded.encryption ? ring : new Keyring(), aead: nodeAead });
  /** For codecs, which seal with the primary: the captures saw it change. The nonce is the one that was drawn then. */
  const sealingAgain = ({ encryption }: Decoded) => {
    const keyring = new Keyring(encryption ? keys : []);
    if (encryption) keyring.use(keys[encryption.keyIndex]!);
    return { keyring, aead: { ...nodeAead, nonce: () => unhex(encryption!.nonce) } };
  };
  const label = new TextEncoder().encode(file.label);
  const wire = file.label === '' ? {} : { label: file.label };
  const streams = file.tcp.flatMap(({ id, c2s, s2c }) => [
    { id: `${id} request`, writer: 'dialler' as const, reader: 'listener' as const, ...c2s },
    { id: `${id} answer`, writer: 'listener' as const, reader: 'dialler' as const, ...s2c },
  ]);

  describe(`${name}: ${file.udp.length} of ${file.udp.length} datagrams, ${streams.length} of ${streams.length} streams`, () => {
    it.each(file.udp)('$id $shape: is what it says', ({ hex, decoded }) => {
      const packet = dissectPacket(unhex(hex), modulesFor(decoded));
      expect(new TextDecoder().decode(packet.label)).toBe(decoded.label ?? '');
      expect(packet.hasChecksum).toBe(decoded.crc32 !== undefined);
      expectEnvelope(packet.envelope, decoded);
      expectMessage(packet.body, decoded.message);
    });

    it.each(file.udp)('$id $shape: re-encodes byte for byte', ({ hex, decoded }) => {
      const modules = modulesFor(decoded);
      const packet = dissectPacket(unhex(hex), modules);
      const same = ALL_STYLES.filter((style) => hexOf(assemblePacket(packet, style, modules)) === hex);
      expect(same).toEqual(STYLES[decoded.reencode]);
    });

    it.each(file.udp)('$id $shape: the codec reads the same messages, and packs them alike', ({ hex, decoded }) => {
      const packet = dissectPacket(unhex(hex), modulesFor(decoded));
      const style = STYLES[decoded.reencode][0]!;
      const compression = packet.body.kind === 'compress';
      const codec = new PacketCodec({ ...wire, compression, intStyle: style }, sealingAgain(decoded));
      const { messages, problems } = codec.unpack(unhex(hex));
      const leaves = leavesOf(packet.body);
      expect(problems).toEqual([]);
      expect(messages.map((message) => hexOf(encodeMessage(message, style)))).toEqual(
        leaves.map((leaf) => hexOf(assembleMessage(leaf, style))),
      );
      const isLoneCompound = leaves.length === 1 && hasCompound(packet.body);
      if (isLoneCompound) return; // Serf's gossip wraps even one message; we send it bare.
      const encoded = messages.map((message: PacketMessage) => codec.encode(message));
      expect(hexOf(codec.pack(encoded, { checksum: packet.hasChecksum }))).toBe(hex);
    });

    it.each(streams)('$id: is what it says', ({ hex, decoded }) => {
      const stream = dissectStream(unhex(hex), label, { keyring: ring, aead: nodeAead });
      expect(new TextDecoder().decode(stream.label)).toBe(decoded.label ?? '');
      expectEnvelope(stream.envelope, decoded);
      const outer = decoded.message;
      expect(stream.isCompressed).toBe(outer['name'] === 'compress');
      const expected = (stream.isCompressed ? outer['inner'] : outer) as Json;
      const { message, userState } = stream;
      if (message.type !== 'pushPull') return expectSame(expected['msg'], message);
      const header = { Join: message.join, Nodes: message.nodes.length, UserStateLen: message.userState.length };
      expect(header).toEqual(expected['header']);
      const nodes = expected['nodes'] as Json[];
      for (const [i, node] of message.nodes.entries()) {
        const { tags, ...plain } = nodes[i]!;
        expectSame(plain, node);
        if (tags !== undefined) expect({ ...decodeTags(node.meta) }).toEqual(tags);
      }
      expectSerf({ kind: 'message', message: userState as never }, expected['userState'] as Json);
    });

    it.each(streams)('$id: re-encodes byte for byte', ({ hex, decoded }) => {
      const modules = { keyring: ring, aead: nodeAead };
      const stream = dissectStream(unhex(hex), label, modules);
      const same = ALL_STYLES.filter((style) => hexOf(assembleStream(stream, label, style, modules)) === hex);
      expect(same).toEqual(STYLES[decoded.reencode]);
    });

    it.each(streams)('$id: the codec reads it in chunks of any size, and packs it alike', (vector) => {
      const { hex, decoded, reader, writer } = vector;
      const bytes = unhex(hex);
      const stream = dissectStream(bytes, label, { keyring: ring, aead: nodeAead });
      const options = { ...wire, compression: stream.isCompressed, intStyle: STYLES[decoded.reencode][0]! };
      const codec = new StreamCodec(options, sealingAgain(decoded));
      for (const chunkBytes of [1, 7, 100, bytes.length]) {
        const decoder = codec.decoder(reader);
        let tooEarly = 0;
        for (let lo = 0; lo < bytes.length - chunkBytes; lo += chunkBytes) {
          if (decoder.push(bytes.subarray(lo, lo + chunkBytes)) !== undefined) tooEarly++;
        }
        expect(tooEarly).toBe(0);
        expect(() => decoder.end()).toThrow('closed after');
        const rest = (Math.ceil(bytes.length / chunkBytes) - 1) * chunkBytes;
        const message = decoder.push(bytes.subarray(rest));
        expect(message).toEqual(stream.message);
        decoder.end();
        expect(hexOf(codec.pack(message!, writer))).toBe(hex);
      }
    });
  });
}

it('all 328 datagrams and 98 streams of the index are there', () => {
  const files = FILES.map(load);
  const index = JSON.parse(readFileSync(new URL('../../testdata/index.json', import.meta.url), 'utf8')) as {
    readonly id: string;
  }[];
  const ids = files.flatMap((file) => [...file.udp, ...file.tcp].map(({ id }) => id));
  expect(ids.toSorted()).toEqual(index.map(({ id }) => id).toSorted());
  expect(files.flatMap((file) => file.udp)).toHaveLength(328);
  expect(files.flatMap((file) => file.tcp)).toHaveLength(49);
});

function expectEnvelope(
  envelope: { readonly version: number; readonly nonce: Uint8Array; readonly keyIndex: number } | undefined,
  { encryption }: Decoded,
): void {
  expect(envelope?.version).toBe(encryption?.version);
  expect(envelope?.keyIndex).toBe(encryption?.keyIndex);
  expect(envelope && hexOf(envelope.nonce)).toBe(encryption?.nonce);
}

function expectMessage(tree: DissectedMessage, expected: Json): void {
  if (tree.kind === 'compound') {
    const parts = expected['parts'] as Json[];
    expect(tree.parts).toHaveLength(parts.length);
    for (const [i, part] of tree.parts.entries()) expectMessage(part, parts[i]!);
  } else if (tree.kind === 'compress') {
    expectMessage(tree.inner, expected['inner'] as Json);
  } else if (tree.kind === 'serf') {
    expectSerf(tree.serf, expected['serf'] as Json);
  } else if (tree.kind === 'ack') {
    const { adjustment, error, height, vec } = tree.coordinate;
    const coordinate = { pingVersion: 1, Adjustment: adjustment, Error: error, Height: height, Vec: vec };
    expect(coordinate).toEqual(expected['coordinate']);
    expect((expected['msg'] as Json)['SeqNo']).toBe(tree.seqNo);
  } else {
    expect(tree.message.type).toBe(MEMBERLIST_NAMES[expected['name'] as string] ?? expected['name']);
    expectSame(expected['msg'], tree.message);
    if (tree.message.type !== 'alive' || expected['tags'] === undefined) return;
    const tags = decodeTags(tree.message.meta);
    expect({ ...tags }).toEqual(expected['tags']);
    if (tree.message.meta?.[0] === 0xff) expect(encodeTags(tags)).toEqual(tree.message.meta);
  }
}

function expectSerf(tree: DissectedSerf, expected: Json): void {
  if (tree.kind === 'relay') {
    expect(expected['serfName']).toBe('relay');
    const { address, name } = tree.header;
    expectSame(expected['relayHeader'], { destAddr: address, destName: name });
    return expectSerf(tree.inner, expected['inner'] as Json);
  }
  expect(tree.message.type).toBe(expected['serfName']);
  const { FiltersDecoded, PayloadDecoded, ...msg } = expected['msg'] as Json;
  expectSame(msg, tree.message);
  if (tree.message.type === 'query' && FiltersDecoded !== undefined) {
    const filters = (tree.message.filters ?? []).map((filter) => {
      const decoded = decodeFilter(filter);
      return decoded.kind === 'nodes'
        ? { type: 0, value: decoded.nodes }
        : { type: 1, value: { Expr: decoded.expression, Tag: decoded.tag } };
    });
    expect(filters).toEqual(FiltersDecoded);
  }
  if (PayloadDecoded !== undefined) expectPayload(tree.message, PayloadDecoded as Json);
}

/** Payloads of internal queries and their answers are Serf messages too. */
function expectPayload(message: SerfMessage, expected: Json): void {
  const payload = 'payload' in message ? message.payload : null;
  const inner = decodeSerfMessage(payload!);
  if (inner.type === 'conflictResponse') expectSame(expected['msg'], inner.member!);
  else expectSerf({ kind: 'message', message: inner as never }, expected);
  const again = ALL_STYLES.map((style) => hexOf(encodeSerfMessage(inner, style)));
  expect(again).toContain(hexOf(payload!));
}

const MEMBERLIST_NAMES: Readonly<Record<string, PacketMessage['type']>> = { ackResp: 'ack', nackResp: 'nack' };

function leavesOf(tree: DissectedMessage): DissectedMessage[] {
  if (tree.kind === 'compound') return tree.parts.flatMap(leavesOf);
  return tree.kind === 'compress' ? leavesOf(tree.inner) : [tree];
}

function hasCompound(tree: DissectedMessage): boolean {
  return tree.kind === 'compress' ? hasCompound(tree.inner) : tree.kind === 'compound';
}
