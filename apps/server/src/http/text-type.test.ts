import { expect, it } from 'vitest';
import { textType } from './text-type.ts';

it('tells text from what quotes control characters, by the beginning alone', () => {
  expect(textType('ä\t\r\n\u001b')).toBe('text/plain; charset=utf-8');
  expect(textType('a\u0000')).toBe('application/octet-stream');
  expect(textType(`${'a'.repeat(512)}\u0000`)).toBe('text/plain; charset=utf-8');
});
