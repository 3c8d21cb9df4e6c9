import { describe, expect, it } from 'vitest';
import { concatBytes } from './bytes.ts';

describe('concatBytes', () => {
  it('joins parts in order, as a plain array of its own', () => {
    const parts = [Uint8Array.of(1, 2), Buffer.from([3]), new Uint8Array(), Uint8Array.of(0, 4, 5).subarray(1)];
    const joined = concatBytes(parts);
    expect(joined).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    parts[0]![0] = 9;
    expect(joined[0]).toBe(1);
    expect(joined.buffer.byteLength).toBe(5);
  });

  it('is nothing without parts', () => {
    expect(concatBytes([])).toEqual(new Uint8Array());
  });
});
