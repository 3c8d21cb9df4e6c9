import { assert } from '../assert.ts';
import type { Random } from '../random.ts';

/** xoshiro128** (Blackman, Vigna 2018) over a splitmix32-expanded seed: integers only, equal on every platform. */
export function seededRandom(seed: number): Random {
  const state = new Uint32Array(4);
  let mix = seed >>> 0;
  for (let i = 0; i < 4; i++) state[i] = splitmix32((mix = (mix + 0x9e3779b9) >>> 0));
  const next = (): number => {
    const s1 = state[1]!;
    const result = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0;
    state[2]! ^= state[0]!;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= s1 << 9;
    state[3] = rotl(state[3]!, 11);
    return result;
  };
  return {
    nextInt: (bound) => {
      assert(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, `random bound out of range: ${bound}`);
      // Rejection keeps small bounds exactly uniform.
      const limit = 2 ** 32 - (2 ** 32 % bound);
      let value = next();
      while (value >= limit) value = next();
      return value % bound;
    },
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    fork: (label) => seededRandom(hash(label, seed)),
  };
}

function splitmix32(value: number): number {
  let z = value;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function rotl(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}

function hash(text: string, seed: number): number {
  let h = seed ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
