import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePayload } from './payload.ts';

it('reads back any bytes, with or without line ends', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 8 }), (bytes, width) => {
      const text = Buffer.from(bytes).toString('base64');
      expect([...decodePayload(text)]).toEqual([...bytes]);
      expect([...decodePayload(text.replace(new RegExp(`.{${width}}`, 'g'), '$&\r\n'))]).toEqual([...bytes]);
    }),
  );
});

it.each([
  ['a', 1],
  ['ab', 2],
  ['abc', 3],
  ['ab=', 3],
  ['abcd=', 4],
  ['a-cd', 1],
  ['ab==cd==', 4],
])('refuses %s', (text, at) => {
  expect(() => decodePayload(text)).toThrow(`illegal base64 data at input byte ${at}`);
});
