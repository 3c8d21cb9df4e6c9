import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDuration, parseDurationMs } from './go-duration.ts';

it.each([
  ['0', 0],
  ['1.5s', 1_500],
  ['1h2m3s', 3_723_000],
  ['250ms', 250],
  ['.5s', 500],
  ['1us', 0.001],
  ['-2m', -120_000],
])('reads %s', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

it.each(['', '5', '5x', 's', '1s ', '1 s', '+', '300000000h'])('refuses %j', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});

it.each([
  [0, '0s'],
  [0.5, '500µs'],
  [250, '250ms'],
  [1_500, '1.5s'],
  [60_000, '1m0s'],
  [3_630_000, '1h0m30s'],
])('prints %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('reads back what it prints', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), (ms) => parseDurationMs(formatDuration(ms)) === ms));
});
