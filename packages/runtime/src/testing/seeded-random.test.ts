import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../random.ts';
import { seededRandom } from './seeded-random.ts';

const draw = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.nextInt(1_000_000));

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    expect(draw(seededRandom(7), 20)).toEqual(draw(seededRandom(7), 20));
    expect(draw(seededRandom(7), 20)).not.toEqual(draw(seededRandom(8), 20));
  });

  it('stays in range', () => {
    const property = fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
      const value = seededRandom(seed).nextInt(bound);
      expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
    });
    fc.assert(property);
  });

  it('is even: each of ten values within 10 % of its share of 100,000', () => {
    const random = seededRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 100_000; i++) counts[random.nextInt(10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(1000);
  });

  it('forks by label, independent of how much was drawn', () => {
    const [a, b] = [seededRandom(3), seededRandom(3)];
    draw(a, 10);
    expect(draw(a.fork('x'), 5)).toEqual(draw(b.fork('x'), 5));
    expect(draw(a.fork('x'), 5)).not.toEqual(draw(a.fork('y'), 5));
  });

  it('fills bytes over the whole range', () => {
    const bytes = seededRandom(5).bytes(10_000);
    expect([bytes.length, new Set(bytes).size]).toEqual([10_000, 256]);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('refuses the bound %d', (bound) => {
    expect(() => seededRandom(1).nextInt(bound)).toThrow('bound');
  });
});
