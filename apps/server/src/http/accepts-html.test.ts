import { expect, it } from 'vitest';
import { acceptsHtml } from './accepts-html.ts';

it.each([
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['text/html;q=0.1', true],
  ['application/json, text/* ;q=0.5', true],
  ['application/json', false],
  ['TEXT/HTML', false],
  ['text/plain', false],
])('%j: %s', (accept, expected) => {
  expect(acceptsHtml(accept)).toBe(expected);
});
