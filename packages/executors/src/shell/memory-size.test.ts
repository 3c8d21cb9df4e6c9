import { expect, it } from 'vitest';
import { parseMemorySize } from './memory-size.ts';

it.each([
  ['1048576', 1_048_576],
  ['1B', 1],
  ['2 kb', 2_048],
  ['1.5M', 1_572_864],
  ['1GB', 1_073_741_824],
  ['1t', 1_099_511_627_776],
])('%s', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes);
});

it.each([
  ['0', 'memory limit must be greater than 0'],
  ['-5', 'memory limit must be greater than 0'],
  ['lots', 'invalid memory limit format: lots'],
  ['1.2.3M', 'invalid numeric value in memory limit: 1.2.3'],
  ['5PB', 'unsupported memory unit: PB'],
  ['99999999T', 'memory limit too large or causes overflow'],
])('refuses %s', (text, error) => {
  expect(() => parseMemorySize(text)).toThrow(error);
});
