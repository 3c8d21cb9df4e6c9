import { expect, it } from 'vitest';
import { Awareness } from './awareness.ts';

it('Awareness: clamped to 0…max-1, and times grow by score + 1', () => {
  const awareness = new Awareness(8);
  const steps = [0, -1, -10, 1, -1, 10, -1, -1, -1, -1, -1, -1, -1, -1].map((delta) => {
    awareness.adjust(delta);
    return [awareness.score, awareness.scaleMs(1000)];
  });
  expect(steps.map(([score]) => score)).toEqual([0, 0, 0, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0, 0]);
  for (const [score, ms] of steps) expect(ms).toBe((score! + 1) * 1000);
});

it('a multiplier of 1 turns it off', () => {
  const awareness = new Awareness(1);
  awareness.adjust(5);
  expect(awareness.score).toBe(0);
});
