import { expect, it } from 'vitest';
import { tickMsOf } from './tick.ts';

it.each([
  ['lan', 1, 100],
  ['wan', 2, 200],
  ['local', 1, 50],
  ['local', 10, 500],
] as const)('profile %s, multiplier %d: ticks of %d ms', (profile, raftMultiplier, tickMs) => {
  expect(tickMsOf({ profile, raftMultiplier })).toBe(tickMs);
});
