import { describe, expect, it } from 'vitest';
import { expressionSize } from './expression-size.ts';
import { isExpression } from './query-filter.ts';

describe('size of an expression', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['a{10}', 10],
    ['a{10}b{5,20}c{3,}', 33],
    ['(ab){10}', 30],
    ['(?:a{10}){10}', 130],
    ['((a{10}){10}){10}', 1110],
    ['[abc]{10}', 10],
    ['[]x]{10}', 10],
    ['[^\\]]{10}', 10],
    ['[[:alpha:]]{10}', 10],
    ['\\{10}', 4],
    ['\\p{Greek}{10}', 10],
    ['\\x{1f600}{10}', 10],
    ['\\d{3}-\\d{4}', 8],
    ['a{0}', 1],
    ['(((', 3],
    [')))', 3],
  ])('%s unfolds to %i', (expression, size) => {
    expect(expressionSize(expression)).toBe(size);
  });

  it('expressions that are used are compiled, those that unfold to much or are too long are not', () => {
    for (const good of [
      '^web-\\d{1,3}$',
      'a{500}b{500}',
      '(?i)[a-z]{40}(-[a-z]{40}){20}',
      '\\d{3}-\\d{40}',
      'x'.repeat(512),
    ]) {
      expect(isExpression(good), good).toBe(true);
    }
    for (const bad of [
      'x{1000}x{1000}x{1000}',
      '((a{10}){10}){20}',
      '(a?){1000}',
      'x'.repeat(513),
      '(',
      'a{2,1}',
      '\\',
    ]) {
      expect(isExpression(bad), bad).toBe(false);
    }
  });
});
