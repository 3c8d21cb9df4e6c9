import { describe, expect, it } from 'vitest';
import { Keyring } from '../core/keyring.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';
import { hexOf } from '../testing/vector-values.ts';
import { nodeAead } from './aead.ts';
import { PacketCodec } from './packet-codec.ts';
import type { WireOptions } from './wire-options.ts';

const K1 = new Uint8Array(16).fill(1);
const K2 = new Uint8Array(32).fill(2);
const ping = { type: 'ping', node: 'web-2', seqNo: 7 } as const;
const pingBytes = encodeMessage(ping);

/** Chosen so that sealed packets are no message by chance. */
const aead = { ...nodeAead, nonce: () => new Uint8Array(12).fill(0xc1) };

const codec = (options: WireOptions = {}, ...keys: Uint8Array[]): PacketCodec =>
  new PacketCodec(options, { keyring: new Keyring(keys), aead });
const codesOf = (reader: PacketCodec, datagram: Uint8Array): unknown[] => {
  const { messages, problems } = reader.unpack(datagram);
  return [...messages.map(({ type }) => type), ...problems.map(({ code }) => code)];
};

describe('PacketCodec', () => {
  it('one message goes bare, several in a compound, none not at all', () => {
    expect(codec().pack([pingBytes])).toEqual(pingBytes);
    expect(codec().pack([pingBytes, pingBytes])[0]).toBe(7);
    expect(() => codec().pack([])).toThrow('messages: none');
  });

  it('RawSendUdp_CRC: a checksum is added when asked for', () => {
    expect(codec().pack([pingBytes], { checksum: true })[0]).toBe(12);
    expect(codesOf(codec(), codec().pack([pingBytes], { checksum: true }))).toEqual(['ping']);
  });

  it('compresses what gets shorter by it, unless that is off', () => {
    const long = encodeMessage({ type: 'user', body: new Uint8Array(1000) });
    expect(codec().pack([long])[0]).toBe(9);
    expect(codec({ compression: false }).pack([long])).toEqual(long);
    expect(codesOf(codec({ compression: false }), codec().pack([long]))).toEqual(['user']);
  });

  it('Keyring_MultiKeyEncryptDecrypt, EncryptDecryptState: seals with the primary, opens with any key, and not with others', () => {
    const datagram = codec({}, K1, K2).pack([pingBytes]);
    expect(codesOf(codec({}, K2, K1), datagram)).toEqual(['ping']);
    expect(codesOf(codec({}, K2), datagram)).toEqual(['GOSSIP_WIRE_ENCRYPTION']);
    // Without keys it is some message, of random bytes.
    expect(codec().unpack(datagram)).toMatchObject({ messages: [], problems: [{}] });
  });

  it('Gossip_MismatchedKeys: what is not sealed is refused where keys are', () => {
    expect(codesOf(codec({}, K1), pingBytes)).toEqual(['GOSSIP_WIRE_ENCRYPTION']);
  });

  it('EncryptedGossipTransition: in the steps of a roll-out each reads its neighbours', () => {
    const steps = [
      codec(),
      codec({ verifyIncoming: false, verifyOutgoing: false }, K1),
      codec({ verifyIncoming: false, verifyOutgoing: true }, K1),
      codec({}, K1),
    ];
    for (const [i, one] of steps.entries()) {
      for (const other of steps.slice(Math.max(0, i - 1), i + 2)) {
        expect(codesOf(other, one.pack([pingBytes]))).toEqual(['ping']);
      }
    }
    expect(codesOf(steps[3]!, steps[1]!.pack([pingBytes]))).toEqual(['GOSSIP_WIRE_ENCRYPTION']);
  });

  it('keys can change while it runs', () => {
    const keyring = new Keyring([K1]);
    const own = new PacketCodec({}, { keyring });
    keyring.add(K2);
    keyring.use(K2);
    expect(codesOf(codec({}, K2), own.pack([pingBytes]))).toEqual(['ping']);
  });

  it.each([0, 1] as const)('LabelOverhead: overheadBytes covers what is added, version %d', (envelopeVersion) => {
    for (const label of [undefined, 'prod']) {
      for (const keys of [[], [K1]]) {
        const own = codec({ ...(label === undefined ? {} : { label }), envelopeVersion, compression: false }, ...keys);
        const sizes = Array.from({ length: 40 }, (_, n) => own.pack([new Uint8Array(n + 1).fill(8)]).length - (n + 1));
        expect(Math.max(...sizes)).toBe(own.overheadBytes);
        expect(own.isSealing).toBe(keys.length > 0);
      }
    }
  });

  it('labels must match, be there and not be there', () => {
    const prod = codec({ label: 'prod' });
    expect(codesOf(prod, prod.pack([pingBytes]))).toEqual(['ping']);
    expect(codesOf(codec({ label: 'test' }), prod.pack([pingBytes]))).toEqual(['GOSSIP_WIRE_LABEL']);
    expect(codesOf(codec(), prod.pack([pingBytes]))).toEqual(['GOSSIP_WIRE_LABEL']);
    expect(codesOf(prod, pingBytes)).toEqual(['GOSSIP_WIRE_LABEL']);
    expect(codesOf(prod, prod.pack([pingBytes]).subarray(0, 3))).toEqual(['GOSSIP_WIRE_TRUNCATED']);
    const skipping = codec({ label: 'prod', skipInboundLabelCheck: true });
    expect(codesOf(skipping, pingBytes)).toEqual(['ping']);
    expect(codesOf(skipping, prod.pack([pingBytes]))).toEqual(['GOSSIP_WIRE_LABEL']);
  });

  it('a sealed packet cannot be moved to a pool of another label', () => {
    const prod = codec({ label: 'prod' }, K1).pack([pingBytes]);
    const moved = Uint8Array.of(244, 4, ...new TextEncoder().encode('test'), ...prod.subarray(6));
    expect(codesOf(codec({ label: 'test' }, K1), moved)).toEqual(['GOSSIP_WIRE_ENCRYPTION']);
    const unlabelled = codec({ label: 'prod', skipInboundLabelCheck: true }, K1);
    expect(codesOf(unlabelled, prod.subarray(6))).toEqual(['ping']);
  });

  it.each(['', 'x'.repeat(256)])('refuses a label that cannot be sent', (label) => {
    expect(() => codec({ label })).toThrow(TypeError);
  });

  it('IngestPacket_CRC, IngestPacket_…EmptyMessage: damaged and empty packets are refused', () => {
    const packet = codec().pack([pingBytes], { checksum: true });
    packet[packet.length - 1]! ^= 1;
    expect(codesOf(codec(), packet)).toEqual(['GOSSIP_WIRE_CHECKSUM']);
    expect(codesOf(codec(), new Uint8Array())).toEqual(['GOSSIP_WIRE_TRUNCATED']);
    expect(codesOf(codec({}, K1), new Uint8Array())).toEqual(['GOSSIP_WIRE_ENCRYPTION']);
    expect(codesOf(codec(), Uint8Array.of(12, 0, 0, 0, 0))).toEqual(['GOSSIP_WIRE_TRUNCATED']);
  });

  it('reads a Buffer, and hands out bytes that do not change with it', () => {
    const body = new Uint8Array(4);
    const { messages } = codec().unpack(Buffer.from(encodeMessage({ type: 'user', body })));
    expect(messages).toEqual([{ type: 'user', body }]);
    expect((messages[0] as { body: Uint8Array }).body.constructor).toBe(Uint8Array);
  });

  it('writes both styles of numbers', () => {
    // No packet message of memberlist has a signed number, so they are alike; streams differ.
    expect(hexOf(codec({ intStyle: 'signed' }).encode(ping))).toBe(hexOf(codec().encode(ping)));
  });
});
