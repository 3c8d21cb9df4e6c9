import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inflights } from './inflights.ts';

function filled(capacity: number, indexes: readonly number[], maxBytes = 0): Inflights {
  const inflights = new Inflights(capacity, maxBytes);
  for (const index of indexes) inflights.add(index, 100 + index);
  return inflights;
}

const range = (lo: number, hi: number): number[] => Array.from({ length: hi - lo }, (_, i) => lo + i);

describe('inflights', () => {
  it('Add: grows up to its capacity, in a ring', () => {
    const inflights = filled(10, range(0, 5));
    expect([inflights.count, inflights.bytes, inflights.indexes()]).toEqual([5, 510, [0, 1, 2, 3, 4]]);
    for (const index of range(5, 10)) inflights.add(index, 100);
    expect([inflights.full, inflights.count]).toEqual([true, 10]);
    expect(() => inflights.add(10, 1)).toThrow('full');
    inflights.freeLE(4);
    for (const index of range(10, 15)) inflights.add(index, 1);
    expect(inflights.indexes()).toEqual(range(5, 15));
  });

  it.each([
    [4, range(5, 10)],
    [8, [9]],
    [9, []],
    [20, []],
  ])('FreeLE: %d of 0 … 9 leaves %j', (index, left) => {
    const inflights = filled(10, range(0, 10));
    inflights.freeLE(index);
    expect([inflights.indexes(), inflights.bytes]).toEqual([left, left.reduce((sum, one) => sum + 100 + one, 0)]);
  });

  it('FreeLE: an index below the window frees nothing', () => {
    const inflights = filled(10, range(5, 8));
    inflights.freeLE(4);
    expect(inflights.indexes()).toEqual([5, 6, 7]);
  });

  it.each([
    ['by count', 3, 0, [1, 1, 1], true],
    ['not by count', 4, 0, [1, 1, 1], false],
    ['by bytes', 10, 3, [1, 2], true],
    ['not by bytes', 10, 4, [1, 2], false],
    ['one big message overshoots', 10, 5, [100], true],
  ])('Full %s', (_, capacity, maxBytes, sizes, full) => {
    const inflights = new Inflights(capacity, maxBytes);
    for (const [i, size] of sizes.entries()) inflights.add(i, size);
    expect(inflights.full).toBe(full);
    inflights.reset();
    expect([inflights.full, inflights.count, inflights.bytes]).toEqual([false, 0, 0]);
  });

  it('agrees with a list under random additions and acknowledgements', () => {
    const property = fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(20)), { maxLength: 80 }), (steps) => {
      const inflights = new Inflights(7, 60);
      let list: [index: number, bytes: number][] = [];
      let next = 0;
      for (const [adds, n] of steps) {
        if (adds && !inflights.full) {
          list.push([next, n]);
          inflights.add(next++, n);
        } else {
          const upTo = next - n;
          inflights.freeLE(upTo);
          list = list.filter(([index]) => index > upTo);
        }
        const bytes = list.reduce((sum, [, size]) => sum + size, 0);
        if (inflights.bytes !== bytes || inflights.full !== (list.length === 7 || bytes >= 60)) return false;
        if (inflights.indexes().join() !== list.map(([index]) => index).join()) return false;
      }
      return true;
    });
    expect(() => fc.assert(property, { numRuns: 1000 })).not.toThrow();
  });
});
