import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 as oracle } from 'node:zlib';
import { unhex } from '../../testing/vector-values.ts';
import { decodeCompound, encodeCompound, encodeCompounds } from './compound.ts';
import { compress, compressIfShorter, decompress } from './compress.ts';
import { addChecksum, crc32, stripChecksum } from './crc32.ts';
import { addLabel, splitLabel } from './label.ts';
import { encodeMessage } from './packet-message.ts';
import { unpackMessages } from './unpack.ts';

const parts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });
const nack = encodeMessage({ type: 'nack', seqNo: 1 });

describe('compound', () => {
  it('Make/DecodeCompound: messages survive', () => {
    fc.assert(
      fc.property(parts, (messages) => {
        expect(decodeCompound(encodeCompound(messages))).toEqual({ parts: messages, truncated: 0 });
      }),
    );
  });

  it('Make/DecodeCompound(+Overflow): more than 255 messages take several', () => {
    const many = Array.from({ length: 600 }, (_, i) => Uint8Array.of(i & 0xff, i >> 8));
    const compounds = encodeCompounds(many);
    expect(compounds.map((compound) => compound[1])).toEqual([255, 255, 90]);
    expect(compounds.flatMap((compound) => decodeCompound(compound).parts)).toEqual(many);
    expect(() => encodeCompound(many)).toThrow('parts: 600, allowed are 255');
    expect(() => encodeCompound([new Uint8Array(65_536)])).toThrow('part of 65536 bytes');
  });

  it('Make/DecodeCompound(+Trunc): whole messages before the cut are good, the rest is counted', () => {
    fc.assert(
      fc.property(parts, fc.nat(2000), (messages, cut) => {
        const compound = encodeCompound(messages);
        const tableEnd = 2 + messages.length * 2;
        const length = tableEnd + (cut % (compound.length - tableEnd + 1));
        const found = decodeCompound(compound.subarray(0, length));
        let end = tableEnd;
        const whole = messages.filter((message) => (end += message.length) <= length);
        expect(found).toEqual({ parts: whole, truncated: messages.length - whole.length });
        for (let short = 1; short < tableEnd && messages.length > 0; short++) {
          if (short > 1) expect(() => decodeCompound(compound.subarray(0, short))).toThrow('compound of');
        }
      }),
    );
    expect(() => decodeCompound(Uint8Array.of(7))).toThrow('compound of 0 messages in 1 bytes');
  });
});

describe('compress', () => {
  it('holds anything, and is used for packets only when it is shorter', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(1), (bytes, kind) => {
        const plain = kind === 0 ? bytes : bytes.map((byte) => byte & 1);
        expect(decompress(compress(plain), 500)).toEqual(plain);
        const chosen = compressIfShorter(plain);
        expect(chosen.length).toBe(Math.min(plain.length, compress(plain).length));
      }),
    );
  });

  it('refuses algorithms that do not exist', () => {
    expect(() => decompress(unhex('0982a4416c676f01a3427566a100'), 10)).toThrow('algorithm 1, only 0 (LZW) is known');
  });
});

describe('checksum', () => {
  it('is that of zlib', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(crc32(bytes)).toBe(oracle(bytes));
      }),
    );
  });

  it('IngestPacket_CRC: every damage of one bit is found, and packets without it pass', () => {
    const packet = addChecksum(nack);
    expect(stripChecksum(packet)).toEqual(nack);
    expect(stripChecksum(nack)).toEqual(nack);
    for (let bit = 8; bit < packet.length * 8; bit++) {
      const damaged = Uint8Array.from(packet);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => stripChecksum(damaged)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_CHECKSUM' }));
    }
    expect(() => stripChecksum(Uint8Array.of(12, 0, 0, 0))).toThrow('checksum layer of 4 bytes');
  });
});

describe('label', () => {
  it('Add/RemoveLabelHeaderToPacket/Stream: labels of 1 to 255 bytes survive, none leaves the packet as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), fc.uint8Array(), (label, packet) => {
        fc.pre(label.length > 0 || packet[0] !== 244);
        expect(splitLabel(addLabel(label, packet))).toEqual({ label, packet });
      }),
    );
    expect(() => addLabel(new Uint8Array(256), nack)).toThrow('label of 256 bytes');
  });

  it.each(['f4', 'f401', 'f40361', 'f4ff6161'])('%s is cut', (hex) => {
    expect(() => splitLabel(unhex(hex))).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_TRUNCATED' }));
  });

  it('an empty label is refused', () => {
    expect(() => splitLabel(unhex('f40000'))).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_LABEL' }));
  });
});

describe('unpackMessages', () => {
  it('HandleCommand: reads compounds and compression within each other, either way', () => {
    const inner = encodeCompound([nack, compress(encodeCompound([nack, nack]))]);
    const { messages, problems } = unpackMessages(compress(inner));
    expect(messages).toHaveLength(3);
    expect(problems).toEqual([]);
  });

  it('keeps what is good beside what is not', () => {
    const packet = encodeCompound([nack, unhex('0093'), nack, unhex('63'), new Uint8Array()]);
    const { messages, problems } = unpackMessages(packet.subarray(0, packet.length));
    expect(messages).toHaveLength(2);
    expect(problems.map(({ code }) => code)).toEqual([
      'GOSSIP_WIRE_KIND',
      'GOSSIP_WIRE_MESSAGE',
      'GOSSIP_WIRE_TRUNCATED',
    ]);
  });

  it('reports messages of a compound that are cut', () => {
    const packet = encodeCompound([nack, nack]);
    const { messages, problems } = unpackMessages(packet.subarray(0, packet.length - 1));
    expect(messages).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual(['1 messages of a compound are cut']);
  });

  it('is bounded in depth', () => {
    let compounds = nack;
    let compressed = nack;
    for (let depth = 0; depth < 4; depth++) {
      compounds = encodeCompound([compounds]);
      compressed = compress(compressed);
    }
    expect(unpackMessages(compounds).messages).toHaveLength(1);
    expect(unpackMessages(compressed).messages).toHaveLength(1);
    for (const packet of [encodeCompound([compounds]), compress(compressed)]) {
      const { messages, problems } = unpackMessages(packet);
      expect(messages).toEqual([]);
      expect(problems.map(({ code }) => code)).toEqual(['GOSSIP_WIRE_LIMIT']);
    }
  });

  it('inflates no more of one packet than the limit, however many bombs it holds', () => {
    const bomb = compress(encodeMessage({ type: 'user', body: new Uint8Array(60_000) }));
    const { messages, problems } = unpackMessages(encodeCompound(Array.from({ length: 100 }, () => bomb)));
    expect(messages).toHaveLength(2);
    expect(problems).toHaveLength(16);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['GOSSIP_WIRE_LIMIT']));
  });

  it('gives up on a packet of nothing but bad messages', () => {
    const { messages, problems } = unpackMessages(encodeCompound(Array.from({ length: 255 }, () => unhex('63'))));
    expect(messages).toEqual([]);
    expect(problems).toHaveLength(16);
  });
});
