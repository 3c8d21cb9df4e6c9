import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lzwDecode } from './lzw-decode.ts';
import { lzwEncode } from './lzw-encode.ts';

const MEBIBYTE = 1_048_576;

/** Codes as bits, least significant first: for streams that no encoder writes. */
function pack(...codes: readonly (readonly [code: number, width: number])[]): Uint8Array {
  let bits = 0n;
  let count = 0;
  for (const [code, width] of codes) {
    bits |= BigInt(code) << BigInt(count);
    count += width;
  }
  return Uint8Array.from({ length: Math.ceil(count / 8) }, (_, i) => Number((bits >> BigInt(i * 8)) & 0xffn));
}

describe('LZW', () => {
  it('gives back what was put in, for bytes of few and of many kinds, across several clears', () => {
    const byte = fc.oneof(fc.nat(255), fc.nat(1));
    const short = fc.array(byte, { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));
    const long = fc.tuple(fc.nat(30_000), fc.integer({ min: 1, max: 255 })).map(([size, kinds]) => {
      let state = size;
      return Uint8Array.from({ length: size }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 16) % kinds;
      });
    });
    fc.assert(
      fc.property(fc.oneof(short, long), (plain) => {
        expect(Buffer.compare(lzwDecode(lzwEncode(plain), plain.length), plain)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('writes a code that is defined by itself', () => {
    const plain = new Uint8Array(1000).fill(7);
    expect(lzwDecode(lzwEncode(plain), 1000)).toEqual(plain);
  });

  it('stops adding entries when they ran out and no clear comes', () => {
    // 3,838 literals fill the table: entries 258 to 4095; then more literals, at 12 bits.
    const codes: [number, number][] = [[256, 9]];
    let high = 257;
    let width = 9;
    for (let i = 0; i < 5000; i++) {
      codes.push([i & 0xff, width]);
      high = Math.min(high + 1, 4096);
      if (high >= 1 << width && width < 12) width++;
    }
    codes.push([257, width]);
    expect(lzwDecode(pack(...codes), 5000)).toEqual(Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff));
  });

  it('DecompressPayload_Limit: refuses a bomb after the limit, without holding what it would be', () => {
    const bomb = lzwEncode(new Uint8Array(8 * MEBIBYTE));
    expect(bomb.length).toBeLessThan(MEBIBYTE / 50);
    expect(() => lzwDecode(bomb, 65_536)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_LIMIT' }));
    expect(() => lzwDecode(bomb, 8 * MEBIBYTE - 1)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_LIMIT' }));
    expect(lzwDecode(bomb, 8 * MEBIBYTE)).toHaveLength(8 * MEBIBYTE);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['no end', pack([256, 9], [65, 9])],
    ['a code that is not defined', pack([256, 9], [65, 9], [300, 9], [257, 9])],
    ['a code defined by itself first of all', pack([256, 9], [258, 9], [257, 9])],
    ['a code from before the clear', pack([256, 9], [65, 9], [66, 9], [256, 9], [258, 9], [257, 9])],
  ])('refuses %s', (_, stream) => {
    expect(() => lzwDecode(stream, 1000)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_COMPRESSION' }));
  });

  it('ignores what follows the end', () => {
    const stream = Uint8Array.of(...lzwEncode(Uint8Array.of(1, 2, 3)), 9, 9, 9);
    expect(lzwDecode(stream, 3)).toEqual(Uint8Array.of(1, 2, 3));
  });
});
