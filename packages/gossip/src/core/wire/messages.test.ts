import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexOf, unhex } from '../../testing/vector-values.ts';
import { decodeCoordinate, encodeCoordinate } from './coordinate.ts';
import { decodeFilter, encodeFilter } from './filters.ts';
import type { PacketMessage } from './messages.ts';
import { decodeMessage, encodeMessage } from './packet-message.ts';
import { decodeSerfMessage, encodeSerfMessage } from './serf-codec.ts';
import type { SerfMessage } from './serf-messages.ts';
import { decodeTags, encodeTags } from './tags.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.option(fc.uint8Array({ maxLength: 60 }), { nil: null });
const ip = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
const u8 = fc.nat(255);
const u16 = fc.nat(65_535);
const u32 = fc.nat(0xffff_ffff);
const lamportTime = fc.maxSafeNat();
const style = fc.constantFrom('unsigned' as const, 'signed' as const);
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);
const source = {
  sourceAddr: ip,
  sourceNode: fc.string({ minLength: 1 }),
  sourcePort: fc.integer({ min: 1, max: 65_535 }),
};

const packetMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  fc.record({ type: type('ping'), node: text, seqNo: u32, ...source }, { requiredKeys: ['type', 'node', 'seqNo'] }),
  fc.record(
    { type: type('indirectPing'), nack: fc.boolean(), node: text, port: u16, seqNo: u32, target: ip, ...source },
    { requiredKeys: ['type', 'nack', 'node', 'port', 'seqNo', 'target'] },
  ),
  fc.record({ type: type('ack'), payload: bytes, seqNo: u32 }),
  fc.record({ type: type('nack'), seqNo: u32 }),
  fc.record({ type: fc.constantFrom('suspect' as const, 'dead' as const), from: text, incarnation: u32, node: text }),
  fc.record({ type: type('alive'), addr: ip, incarnation: u32, meta: bytes, node: text, port: u16, vsn: bytes }),
  fc.record({ type: type('user'), body: fc.uint8Array() }),
);

const event = fc.record({ name: text, payload: bytes });
const slot = fc.record({ events: fc.option(fc.array(event), { nil: null }), lamportTime });
const serfMessage: fc.Arbitrary<SerfMessage> = fc.oneof(
  fc.record({ type: type('leave'), lamportTime, node: text, prune: fc.boolean() }),
  fc.record({ type: type('join'), lamportTime, node: text }),
  fc.record({
    type: type('pushPull'),
    eventLamportTime: lamportTime,
    events: fc.option(fc.array(fc.option(slot, { nil: null })), { nil: null }),
    lamportTime,
    leftMembers: fc.option(fc.array(text), { nil: null }),
    queryLamportTime: lamportTime,
    statusLamportTimes: fc.array(fc.tuple(text, lamportTime)).map((pairs) => new Map(pairs)),
  }),
  fc.record({ type: type('userEvent'), coalesce: fc.boolean(), lamportTime, name: text, payload: bytes }),
  fc.record({
    type: type('query'),
    addr: ip,
    filters: fc.option(fc.array(bytes), { nil: null }),
    flags: u32,
    id: u32,
    lamportTime,
    name: text,
    payload: bytes,
    port: u16,
    relayFactor: u8,
    sourceNode: text,
    timeoutNanos: fc.maxSafeInteger(),
  }),
  fc.record({ type: type('queryResponse'), flags: u32, from: text, id: u32, lamportTime, payload: bytes }),
  fc.record({ type: type('keyRequest'), key: bytes }),
  fc.record({
    type: type('keyResponse'),
    keys: fc.option(fc.array(text), { nil: null }),
    message: text,
    primaryKey: text,
    result: fc.boolean(),
  }),
  fc.record({
    type: type('relay'),
    address: fc.record({ ip, port: u16, zone: text }),
    name: text,
    inner: fc.uint8Array(),
  }),
  fc.record({
    type: type('conflictResponse'),
    member: fc.option(
      fc.record({
        addr: bytes,
        delegateCurrent: u8,
        delegateMax: u8,
        delegateMin: u8,
        name: text,
        port: u16,
        protocolCurrent: u8,
        protocolMax: u8,
        protocolMin: u8,
        status: fc.nat(4),
        tags: fc.array(fc.tuple(text, text)).map((pairs) => new Map(pairs)),
      }),
      { nil: null },
    ),
  }),
);

describe('messages', () => {
  it('EncodeMessage: every memberlist message survives, in both styles, with bytes behind it', () => {
    fc.assert(
      fc.property(packetMessage, style, (message, intStyle) => {
        const encoded = encodeMessage(message, intStyle);
        expect(decodeMessage(encoded)).toEqual(message);
        expect(hexOf(encodeMessage(decodeMessage(encoded), intStyle))).toBe(hexOf(encoded));
        if (message.type !== 'user') expect(decodeMessage(Uint8Array.of(...encoded, 1, 2, 3))).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it('EncodeMessage, EncodeRelayMessage: every Serf message survives, in both styles', () => {
    fc.assert(
      fc.property(serfMessage, style, (message, intStyle) => {
        const encoded = encodeSerfMessage(message, intStyle);
        expect(decodeSerfMessage(encoded)).toEqual(message);
        expect(hexOf(encodeSerfMessage(decodeSerfMessage(encoded), intStyle))).toBe(hexOf(encoded));
      }),
      { numRuns: 500 },
    );
  });

  it('a cut message is refused, wherever it is cut', () => {
    fc.assert(
      fc.property(packetMessage, serfMessage, (memberlist, serf) => {
        const packet = encodeMessage(memberlist);
        const floor = memberlist.type === 'user' ? 0 : packet.length;
        for (let length = 0; length < floor; length++) {
          expect(() => decodeMessage(packet.subarray(0, length))).toThrow(
            expect.objectContaining({ code: 'GOSSIP_WIRE_TRUNCATED' }),
          );
        }
        if (serf.type === 'relay') return;
        const body = encodeSerfMessage(serf);
        for (let length = 0; length < body.length; length++) {
          expect(() => decodeSerfMessage(body.subarray(0, length))).toThrow(
            expect.objectContaining({ code: 'GOSSIP_WIRE_TRUNCATED' }),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('unknown keys are passed over, missing ones are zero, the last of repeated ones counts, any order does', () => {
    // {Zzz: {a: [1]}, SeqNo: 5, Node: "x", SeqNo: 6}
    const ping = unhex('0084a35a7a7a81a16191' + '01a55365714e6f05a44e6f6465a178a55365714e6f06');
    expect(decodeMessage(ping)).toEqual({ type: 'ping', node: 'x', seqNo: 6 });
    // {SourcePort: 5, SourcePort: 0}
    const unset = unhex('0082aa536f75726365506f727405aa536f75726365506f727400');
    expect(decodeMessage(unset)).toStrictEqual({ type: 'ping', node: '', seqNo: 0 });
    expect(decodeMessage(unhex('0080'))).toEqual({ type: 'ping', node: '', seqNo: 0 });
    expect(decodeMessage(unhex('00c0'))).toEqual({ type: 'ping', node: '', seqNo: 0 });
    expect(decodeSerfMessage(unhex('0080'))).toEqual({ type: 'leave', lamportTime: 0, node: '', prune: false });
  });

  it('a hostile Lamport time is refused, not rounded', () => {
    const join = unhex('0182a54c54696d65cfffffffffffffffffa44e6f6465a161');
    expect(() => decodeSerfMessage(join)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_RANGE' }));
  });

  it.each([
    ['06', 'GOSSIP_WIRE_MESSAGE'],
    ['07', 'GOSSIP_WIRE_MESSAGE'],
    ['0a', 'GOSSIP_WIRE_MESSAGE'],
    ['f4', 'GOSSIP_WIRE_MESSAGE'],
    ['', 'GOSSIP_WIRE_TRUNCATED'],
    ['0480', 'GOSSIP_WIRE_RANGE'],
    ['0481a441646472a3010203', 'GOSSIP_WIRE_RANGE'],
    ['0081a55365714e6fcf0000000100000000', 'GOSSIP_WIRE_RANGE'],
    ['0081a44e6f6465c3', 'GOSSIP_WIRE_KIND'],
    ['0093', 'GOSSIP_WIRE_KIND'],
    ['0081a44e6f6465a2c328', 'GOSSIP_WIRE_TEXT'],
  ])('%s is refused with %s', (hex, code) => {
    expect(() => decodeMessage(unhex(hex))).toThrow(expect.objectContaining({ code }));
  });

  it.each(['0a80', 'ff80', ''])('%s is no Serf message', (hex) => {
    expect(() => decodeSerfMessage(unhex(hex))).toThrow(/unknown Serf message|empty/);
  });

  it('values that do not fit are refused when written', () => {
    const ping = { type: 'ping', node: 'x', seqNo: 2 ** 32 } as const;
    expect(() => encodeMessage(ping)).toThrow(new RangeError('number 4294967296: must be an integer, 0 to 4294967295'));
    for (const time of [-1, 1.5, NaN, 2 ** 53]) {
      expect(() => encodeSerfMessage({ type: 'join', node: 'x', lamportTime: time })).toThrow(RangeError);
    }
  });
});

describe('what messages carry', () => {
  it('Delegate_NodeMeta_New: tags survive, whatever they are called', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 15 }), (tags) => {
        expect({ ...decodeTags(encodeTags(tags)) }).toEqual({ ...tags });
      }),
    );
    const proto = Object.fromEntries([['__proto__', 'x']]);
    expect(Object.entries(decodeTags(encodeTags(proto)))).toEqual([['__proto__', 'x']]);
  });

  it('Delegate_NodeMeta_Old: metadata that is no map of tags is the role', () => {
    expect({ ...decodeTags(new TextEncoder().encode('web')) }).toEqual({ role: 'web' });
    expect({ ...decodeTags(null) }).toEqual({ role: '' });
    expect({ ...decodeTags(unhex('ff80')) }).toEqual({});
    expect(() => decodeTags(unhex('ff82a161'))).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_TRUNCATED' }));
  });

  it('tags may take 512 bytes and no more', () => {
    // ff, map of one, "a", length in three bytes
    expect(encodeTags({ a: 'x'.repeat(512 - 7) })).toHaveLength(512);
    expect(() => encodeTags({ a: 'x'.repeat(513 - 7) })).toThrow('tags: 513 bytes encoded, allowed are 512');
  });

  it('EncodeFilter: filters survive', () => {
    const filter = fc.oneof(
      fc.record({ kind: type('nodes'), nodes: fc.array(text) }),
      fc.record({ kind: type('tag'), tag: text, expression: text }),
    );
    fc.assert(
      fc.property(filter, (one) => {
        expect(decodeFilter(encodeFilter(one))).toEqual(one);
      }),
    );
    expect(() => decodeFilter(unhex('0280'))).toThrow('filter of type 2');
    expect(() => decodeFilter(new Uint8Array())).toThrow('filter is empty');
    expect(() => decodeFilter(null)).toThrow('filter is empty');
  });

  it('coordinates survive, also those that are no numbers', () => {
    const coordinate = fc.record({
      adjustment: fc.double(),
      error: fc.double(),
      height: fc.double(),
      vec: fc.array(fc.double(), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(coordinate, (one) => {
        expect(decodeCoordinate(encodeCoordinate(one))).toEqual(one);
      }),
    );
    expect(() => decodeCoordinate(unhex('0280'))).toThrow('coordinate of version 2');
    expect(() => decodeCoordinate(new Uint8Array())).toThrow('coordinate of version none');
  });
});
