import { expect, it } from 'vitest';
import { keptOutput } from './kept-output.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (parts: readonly Uint8Array[]): string => new TextDecoder().decode(Buffer.concat(parts));

it('joins an output that was kept whole without repeating its head', () => {
  expect(joined(keptOutput({ head: bytes('abc'), tail: bytes('abcdef'), totalBytes: 6 }))).toBe('abcdef');
  expect(joined(keptOutput({ head: bytes('abcd'), tail: bytes('cdef'), totalBytes: 6 }))).toBe('abcdef');
});

it('says how much is missing between head and tail', () => {
  const text = joined(keptOutput({ head: bytes('ab'), tail: bytes('yz'), totalBytes: 26 }));
  expect(text).toBe('ab\n[… 22 bytes left out …]\nyz');
});

it('is empty where nothing was written', () => {
  expect(keptOutput(undefined)).toEqual([]);
});
