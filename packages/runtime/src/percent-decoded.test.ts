import { expect, it } from 'vitest';
import { percentDecoded } from './percent-decoded.ts';

it.each([
  ['a%20b%2Fc', 'a b/c'],
  ['%C3%A4', '\u00e4'],
  ['plain', 'plain'],
  ['100%', '100%'],
  ['%ff', '%ff'],
])('%s is meant as %s', (part, meant) => {
  expect(percentDecoded(part)).toBe(meant);
});
