import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles, scattered by half, and stays below its limit', () => {
    const backoff = new Backoff(50, 2000, seededRandom(1));
    for (let round = 0; round < 50; round++) {
      backoff.reset();
      for (let tries = 0; tries < 40; tries++) {
        const plainMs = Math.min(2000, 50 * 2 ** tries);
        const waitMs = backoff.next();
        expect(waitMs).toBeGreaterThanOrEqual(plainMs / 2);
        expect(waitMs).toBeLessThanOrEqual(Math.min(2000, plainMs * 1.5));
      }
    }
  });

  it('scatters', () => {
    const random = seededRandom(1);
    const waits = Array.from({ length: 20 }, () => new Backoff(50, 2000, random).next());
    expect(new Set(waits).size).toBeGreaterThan(15);
  });
});
