import { expect, it } from 'vitest';
import { isForeign } from './cors.ts';

it.each([
  [undefined, 'a:1', false],
  ['', 'a:1', false],
  ['http://a:1', 'a:1', false],
  ['https://a:1', 'a:1', false],
  ['http://a', 'a:1', true],
  ['http://b:1', 'a:1', true],
  ['null', 'a:1', true],
  ['http://a:1', undefined, true],
])('origin %j at host %j: foreign %s', (origin, host, expected) => {
  expect(isForeign({ origin, host })).toBe(expected);
});
