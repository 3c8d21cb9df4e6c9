/* Outputs of memberlist's own functions: see testdata/README.md. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSame, hexOf, type Json, unhex } from '../../testing/vector-values.ts';
import { addLabel, splitLabel } from './label.ts';
import { lzwDecode } from './lzw-decode.ts';
import { lzwEncode } from './lzw-encode.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { decodeMessage, encodeMessage } from './packet-message.ts';
import { encodePushPull, readNodeState, readPushPullHeader } from './push-pull.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
import { decodeStreamMessage, encodeStreamMessage } from './stream-message.ts';

interface StructVector {
  readonly name: string;
  readonly hex: string;
  readonly value: Json;
}

interface Library {
  readonly structs_gomsgpack_v2: readonly StructVector[];
  readonly lzw: readonly { readonly name: string; readonly lzw: string; readonly plain: string }[];
  readonly labels: readonly { readonly hex: string; readonly label: string; readonly packet: string }[];
}

const { structs_gomsgpack_v2, lzw, labels } = JSON.parse(
  readFileSync(new URL('../../../testdata/library-generated.json', import.meta.url), 'utf8'),
) as Library;

const BYTE_FIELDS = new Set(['SourceAddr', 'Target', 'Addr', 'Meta', 'Vsn', 'Payload']);
const OPTIONAL = new Set(['SourceAddr', 'SourceNode', 'SourcePort']);
const pushPullStructs = structs_gomsgpack_v2.filter(({ name }) => name.startsWith('push'));
const userHeaders = structs_gomsgpack_v2.filter(({ name }) => name === 'userMsgHeader');
const errors = structs_gomsgpack_v2.filter(({ name }) => name === 'err');
const messages = structs_gomsgpack_v2.filter((one) => ![...pushPullStructs, ...userHeaders, ...errors].includes(one));

/** The value in the form of the captured files: bytes as hex, and without what `omitempty` leaves out. */
function fieldsOf(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, one]) => !OPTIONAL.has(key) || (one !== null && one !== '' && one !== 0))
      .map(([key, one]) => [
        key,
        BYTE_FIELDS.has(key) && typeof one === 'string' ? { $hex: hexOf(Buffer.from(one, 'base64')) } : one,
      ]),
  );
}

describe(`${messages.length} of 21 structs are packet messages`, () => {
  it.each(messages)('$name decodes, and re-encodes byte for byte', ({ hex, value }) => {
    const message = decodeMessage(unhex(hex));
    expectSame(fieldsOf(value), message);
    expect(hexOf(encodeMessage(message, 'signed'))).toBe(hex);
  });
});

describe(`${pushPullStructs.length + userHeaders.length + errors.length} of 21 structs are parts of streams`, () => {
  it.each(pushPullStructs.filter(({ name }) => name !== 'pushNodeState-left'))('$name', ({ hex, value }) => {
    const from = new MsgpackReader(unhex(hex), 1);
    expectSame(value, readPushPullHeader(from, STREAM_LIMITS));
    expect(from.done).toBe(true);
  });

  it.each(pushPullStructs.filter(({ name }) => name === 'pushNodeState-left'))('$name', ({ hex, value }) => {
    const node = readNodeState(new MsgpackReader(unhex(hex), 1));
    expectSame(fieldsOf(value), node);
    const stream = encodePushPull(
      { type: 'pushPull', join: false, nodes: [node], userState: new Uint8Array() },
      'signed',
    );
    expect(hexOf(stream).endsWith(hex.slice(2))).toBe(true);
  });

  it('pushPullHeader-128, re-encoded with its nodes and state, begins as the library wrote it', () => {
    const { hex } = pushPullStructs.find(({ name }) => name === 'pushPullHeader-128')!;
    const node = { addr: null, incarnation: 0, meta: null, name: 'n', port: 0, state: 0, vsn: null };
    const nodes = Array.from({ length: 128 }, () => node);
    const bytes = encodePushPull({ type: 'pushPull', join: false, nodes, userState: new Uint8Array(40_000) }, 'signed');
    expect(hexOf(bytes).startsWith(hex)).toBe(true);
  });

  it.each(userHeaders)('$name', ({ hex }) => {
    const body = new Uint8Array(200).fill(7);
    expect(decodeStreamMessage(Uint8Array.of(...unhex(hex), ...body))).toEqual({ type: 'user', body });
    expect(hexOf(encodeStreamMessage({ type: 'user', body }, 'signed')).startsWith(hex)).toBe(true);
  });

  it.each(errors)('$name', ({ hex }) => {
    expect(decodeStreamMessage(unhex(hex))).toEqual({ type: 'error', error: 'boom' });
    expect(hexOf(encodeStreamMessage({ type: 'error', error: 'boom' }))).toBe(hex);
  });
});

describe(`${lzw.length} of 7 LZW streams`, () => {
  it.each(lzw)('$name inflates, and deflates to the same bytes', ({ lzw: packed, plain }) => {
    expect(hexOf(lzwDecode(unhex(packed), plain.length / 2))).toBe(plain);
    expect(hexOf(lzwEncode(unhex(plain)))).toBe(packed);
  });
});

describe(`${labels.length} of 3 labels`, () => {
  it.each(labels)('a label of $label.length bytes is split off and added', ({ hex, label, packet }) => {
    const split = splitLabel(unhex(hex));
    expect(new TextDecoder().decode(split.label)).toBe(label);
    expect(hexOf(split.packet)).toBe(packet);
    expect(hexOf(addLabel(new TextEncoder().encode(label), unhex(packet)))).toBe(hex);
  });
});
