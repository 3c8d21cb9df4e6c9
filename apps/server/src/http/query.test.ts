import { describe, expect, it } from 'vitest';
import { integer, metadataFilter, slice } from './query.ts';

describe('query parameters', () => {
  it('reads integers as the original: signs yes, blanks and fractions no', () => {
    expect(integer('+1', 7)).toBe(1);
    expect(integer('-3', 7)).toBe(-3);
    for (const odd of [' 1', '1.5', '', 'x', undefined]) expect(integer(odd, 7)).toBe(7);
    expect(integer('99999999999999999999999', 0)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('G-A2: never gives a negative or reversed slice', () => {
    expect(slice({ _start: '-5', _end: '-1' }, 100)).toEqual({ start: 0, end: 0 });
    expect(slice({ _start: '9', _end: '3' }, 100)).toEqual({ start: 9, end: 9 });
    expect(slice({}, 100)).toEqual({ start: 0, end: 100 });
  });

  it('takes the first value of a metadata key and ignores unclosed brackets', () => {
    const filter = metadataFilter({ 'metadata[a]': ['1', '2'], 'metadata[b': 'x', metadata: 'y', 'metadata[]': 'z' });
    expect([...filter]).toEqual([['a', '1']]);
  });
});
