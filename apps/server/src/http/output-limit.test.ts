import { expect, it } from 'vitest';
import { limitedOutput } from './output-limit.ts';

const output = { head: new Uint8Array(), tail: new TextEncoder().encode('abcdef'), totalBytes: 6 };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

it('keeps the last bytes and says that it cut', () => {
  const cut = limitedOutput(output, '2');
  expect([text(cut.output), cut.truncated]).toEqual(['ef', true]);
  expect(limitedOutput(output, '0').output.length).toBe(0);
});

it.each(['-1', 'x', '', '1.5', undefined])('takes %s as no limit', (limit) => {
  const whole = limitedOutput(output, limit);
  expect([text(whole.output), whole.truncated]).toEqual(['abcdef', false]);
});
