import { seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../core/types.ts';
import { decodeEntryBatch, encodeEntryBatch, scanEntryBatch, summarizeEntries, visitEntries } from './entry-batch.ts';
import { StorageError } from './errors.ts';

const FUZZ = 150_000;

const batch = fc
  .record({
    first: fc.oneof(
      fc.integer({ min: 1, max: 5 }),
      fc.maxSafeInteger().map((n) => Math.abs(n - 100) + 1),
    ),
    items: fc.array(
      fc.record({ step: fc.nat(3), type: fc.integer({ min: 0, max: 2 }), data: fc.uint8Array({ maxLength: 40 }) }),
      { maxLength: 30 },
    ),
  })
  .map(({ first, items }) => {
    let term = 1;
    const start = Math.min(first, Number.MAX_SAFE_INTEGER - 40);
    return items.map(({ step, type, data }, i): Entry => {
      term += step;
      return { term, index: start + i, type: type as Entry['type'], data };
    });
  });

describe('entry batch', () => {
  it('gives back what was encoded, and the same summary from memory and from bytes', () => {
    fc.assert(
      fc.property(batch, (entries) => {
        const bytes = encodeEntryBatch(entries);
        expect(decodeEntryBatch(bytes)).toEqual(entries);
        expect(scanEntryBatch(bytes)).toEqual(summarizeEntries(entries));
      }),
      { numRuns: 500 },
    );
  });

  it('has the documented bytes', () => {
    const bytes = encodeEntryBatch([
      { term: 2, index: 5, type: 0, data: Uint8Array.of(7) },
      { term: 2, index: 6, type: 1, data: new Uint8Array(0) },
      { term: 2 ** 33, index: 7, type: 2, data: Uint8Array.of(8, 9) },
    ]);
    const hex =
      '0500000000000000 03000000 02000000' +
      '02000000 0200000000000000 01000000 0000000002000000' +
      '00 01000000 07' +
      '01 00000000' +
      '02 02000000 0809';
    expect(Buffer.from(bytes).toString('hex')).toBe(hex.replaceAll(' ', ''));
    expect(decodeEntryBatch(encodeEntryBatch([], 9))).toEqual([]);
    expect(scanEntryBatch(encodeEntryBatch([], 9)).firstIndex).toBe(9);
  });

  it('stops where the visitor says', () => {
    const entries = [1, 2, 3].map((index): Entry => ({ term: 1, index, type: 0, data: new Uint8Array(3) }));
    const seen: number[] = [];
    visitEntries(encodeEntryBatch(entries), ({ index }) => seen.push(index) < 2);
    expect(seen).toEqual([1, 2]);
  });

  it('refuses entries that are no part of a log', () => {
    const one = (over: object): Entry => ({ term: 1, index: 1, type: 0, data: new Uint8Array(0), ...over });
    const wrong = [
      [one({}), one({ index: 3 })],
      [one({ term: 2 }), one({ index: 2, term: 1 })],
      [one({ term: 0 })],
      [one({ term: 1.5 })],
      [one({ index: 0 })],
      [one({ index: Number.MAX_SAFE_INTEGER })],
      [one({ type: 3 })],
    ];
    for (const [i, entries] of wrong.entries()) expect(() => encodeEntryBatch(entries), `case ${i}`).toThrow(TypeError);
  });

  it('refuses every truncation and every byte too many', () => {
    const entries = [1, 2, 3, 4].map((index): Entry => ({
      term: index,
      index,
      type: 0,
      data: new Uint8Array(index * 3),
    }));
    const bytes = encodeEntryBatch(entries);
    for (let length = 0; length < bytes.byteLength; length++) {
      expect(() => decodeEntryBatch(bytes.subarray(0, length)), `${length} bytes`).toThrow(StorageError);
      expect(() => scanEntryBatch(bytes.subarray(0, length)), `${length} bytes`).toThrow(StorageError);
    }
    expect(() => decodeEntryBatch(Buffer.concat([bytes, Uint8Array.of(0)]))).toThrow('behind the last entry');
  });

  it('allocates nothing for what only is announced', () => {
    const bytes = encodeEntryBatch([{ term: 1, index: 1, type: 0, data: new Uint8Array(100) }]);
    const view = new DataView(bytes.buffer);
    for (const [offset, value] of [
      [8, 0xffffffff],
      [12, 0xffffffff],
      [12, 1 << 24],
      [16, 0xffffffff],
      [29, 0xffffffff],
    ] as const) {
      const before = view.getUint32(offset, true);
      view.setUint32(offset, value, true);
      expect(() => decodeEntryBatch(bytes), `${value} at ${offset}`).toThrow(StorageError);
      view.setUint32(offset, before, true);
    }
  });

  it(`never does anything but decode or refuse (${FUZZ} damaged, cut and random inputs)`, () => {
    const random = seededRandom(99);
    const samples = fc.sample(batch, { numRuns: 200, seed: 5 }).map((entries) => encodeEntryBatch(entries));
    let decoded = 0;
    let refused = 0;
    for (let i = 0; i < FUZZ; i++) {
      const input = mutated(samples[i % samples.length]!, random);
      try {
        const entries = decodeEntryBatch(input);
        // What decodes is a part of a log that encodes to the same bytes.
        if (Buffer.compare(encodeEntryBatch(entries, scanEntryBatch(input).firstIndex), input) !== 0)
          throw new Error(`input ${i} has two forms`);
        decoded += 1;
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'malformed') throw error;
        refused += 1;
      }
    }
    console.log(JSON.stringify({ decoded, refused }));
    expect(decoded).toBeGreaterThan(FUZZ / 100);
    expect(refused).toBeGreaterThan(FUZZ / 3);
  }, 60_000);
});

function mutated(sample: Uint8Array, random: ReturnType<typeof seededRandom>): Uint8Array {
  const kind = random.nextInt(4);
  if (kind === 0) return random.bytes(random.nextInt(64));
  if (kind === 1) return sample.slice(0, random.nextInt(sample.byteLength + 1));
  const bytes = sample.slice();
  for (let left = 1 + random.nextInt(3); left > 0; left--) {
    bytes[random.nextInt(kind === 2 ? Math.min(40, bytes.byteLength) : bytes.byteLength)] = random.nextInt(256);
  }
  return bytes;
}
