import { OUTPUT_HEAD_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX } from '@dkron/jobs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OutputBuffer } from './output-buffer.ts';

/** Chunk sizes around every limit. */
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 5000 }) },
  fc.integer({ min: 16_000, max: 17_000 }),
  fc.integer({ min: 120_000, max: 130_000 }),
  fc.integer({ min: 255_900, max: 256_100 }),
  fc.integer({ min: 500_000, max: 520_000 }),
);

/** No two places near each other look alike. */
const PATTERN = new Uint8Array(700_000).map((_, i) => (i * 2_654_435_761) >>> 16);

function pattern(length: number, seed: number): Uint8Array {
  return PATTERN.subarray(seed, seed + length);
}

it('keeps what plain concatenation would', () => {
  fc.assert(
    fc.property(fc.array(size, { maxLength: 12 }), size, fc.nat(300_000), (sizes, prefixSize, limit) => {
      const buffer = new OutputBuffer();
      const chunks = sizes.map((length, i) => pattern(length, i * 7919));
      for (const chunk of chunks) buffer.append(chunk);
      const prefix = pattern(prefixSize, 31);
      const all = Buffer.concat(chunks);
      const stored = Buffer.concat([prefix, all]);
      const tail = all.subarray(Math.max(0, all.length - Math.min(limit, OUTPUT_TAIL_BYTES_MAX)));
      expect(Buffer.compare(buffer.tail(limit), limit === 0 ? all.subarray(all.length) : tail)).toBe(0);
      const result = buffer.result(prefix);
      expect(result.totalBytes).toBe(stored.length);
      expect(Buffer.compare(result.head, stored.subarray(0, OUTPUT_HEAD_BYTES_MAX))).toBe(0);
      expect(Buffer.compare(result.tail, stored.subarray(Math.max(0, stored.length - OUTPUT_TAIL_BYTES_MAX)))).toBe(0);
    }),
    { numRuns: 60 },
  );
});
