import { describe, expect, it } from 'vitest';
import { Backoff, scatter } from './backoff.ts';
import { seededRandom } from './testing/index.ts';

const LIMITS = { minMs: 50, maxMs: 2000 };

describe('Backoff', () => {
  it('doubles, scattered by half, and stays within its limit however long it goes on', () => {
    const backoff = new Backoff(LIMITS, { random: seededRandom(1) });
    for (let round = 0; round < 50; round++) {
      backoff.reset();
      for (let tries = 0; tries < 60; tries += 1) {
        const plainMs = Math.min(2000, 50 * 2 ** tries);
        const waitMs = backoff.next();
        expect(waitMs).toBeGreaterThanOrEqual(plainMs / 2);
        expect(waitMs).toBeLessThanOrEqual(Math.min(2000, plainMs * 1.5));
      }
    }
  });

  it('scatters at the limit too', () => {
    const random = seededRandom(1);
    const waits = Array.from({ length: 50 }, () => {
      const backoff = new Backoff(LIMITS, { random });
      for (let tries = 0; tries < 10; tries++) backoff.next();
      return backoff.next();
    });
    expect(new Set(waits).size).toBeGreaterThan(40);
    expect(Math.max(...waits)).toBeGreaterThan(1800);
    expect(Math.min(...waits)).toBeLessThan(1200);
  });

  it.each([
    [0, 10],
    [-1, 10],
    [11, 10],
    [Number.NaN, 10],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
  ])('refuses limits %d and %d', (minMs, maxMs) => {
    expect(() => new Backoff({ minMs, maxMs }, { random: seededRandom(1) })).toThrow(TypeError);
  });
});

describe('scatter', () => {
  it('reaches from half to one and a half', () => {
    const random = seededRandom(2);
    const all = Array.from({ length: 1000 }, () => scatter(100, random));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(50);
    expect(Math.min(...all)).toBeLessThan(55);
    expect(Math.max(...all)).toBeLessThan(150);
    expect(Math.max(...all)).toBeGreaterThan(145);
  });
});
