import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputRing } from './output-ring.ts';

describe('OutputRing', () => {
  it('keeps what a naive concatenation would', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });
    const sizes = fc.record({ tailBytesMax: fc.integer({ min: 1, max: 100 }), headBytesMax: fc.nat(50) });
    fc.assert(
      fc.property(chunks, sizes, (list, options) => {
        const ring = new OutputRing(options);
        let all: number[] = [];
        for (const chunk of list) {
          ring.write(chunk);
          all = [...all, ...chunk];
          expect([...ring.tail()]).toEqual(all.slice(-options.tailBytesMax));
        }
        expect([...ring.head()]).toEqual(all.slice(0, options.headBytesMax));
        expect(ring.totalBytes).toBe(all.length);
        expect(ring.lostBytes).toBe(Math.max(0, all.length - ring.tail().length - ring.head().length));
      }),
    );
  });

  it('grows past its first size and keeps the last 256,000 bytes and the first 16 KiB', () => {
    const ring = new OutputRing();
    const all = Uint8Array.from({ length: 300_000 }, (_unused, i) => i % 251);
    for (let at = 0; at < all.length; at += 7_001) ring.write(all.subarray(at, at + 7_001));
    expect(Buffer.from(ring.tail()).equals(all.subarray(44_000))).toBe(true);
    expect(Buffer.from(ring.head()).equals(all.subarray(0, 16_384))).toBe(true);
    expect(ring.lostBytes).toBe(300_000 - 256_000 - 16_384);
  });
});
