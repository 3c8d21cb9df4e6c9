import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagProblem, parseBool, parseInteger, splitList } from './flag-value.ts';
import { editDistance, similar } from './suggest.ts';

describe('values', () => {
  it('booleans and integers are those of the original', () => {
    expect(['1', 't', 'TRUE', '0', 'False', 'yes', 'tRUE', ''].map(parseBool)).toEqual([
      true,
      true,
      true,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['12', '-3', '0x1F', '0b11', '0o17', '017', '1_0', '1.0', ''].map(parseInteger)).toEqual([
      12n,
      -3n,
      31n,
      3n,
      15n,
      15n,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('bounds of integers', () => {
    const problem = (type: 'int' | 'uint16', text: string): string | undefined =>
      flagProblem({ name: 'n', type, help: '' }, text);
    expect(problem('int', '9223372036854775807')).toBeUndefined();
    expect(problem('int', '9223372036854775808')).toContain('value out of range');
    expect(problem('uint16', '65536')).toContain('value out of range');
    expect(problem('uint16', '-1')).toContain('invalid syntax');
  });

  it('every list comes back from its quoted text', () => {
    const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
        expect(splitList(values.map(quote).join(','))).toEqual(values);
      }),
    );
    expect(splitList('a,"b,c",,d')).toEqual(['a', 'b,c', '', 'd']);
    expect(splitList('')).toEqual([]);
  });
});

describe('suggestions', () => {
  it('the distance is symmetric, zero only for equal texts, and no more than the longer text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  it('nearest first', () => {
    expect(similar('agnet', ['agent', 'raft'])).toEqual(['agent']);
    expect(similar('comp', ['agent', 'completion'])).toEqual(['completion']);
    expect(similar('zzz', ['agent'])).toEqual([]);
  });
});
