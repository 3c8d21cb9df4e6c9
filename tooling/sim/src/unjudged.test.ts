import { describe, expect, it } from 'vitest';
import { judgedHistories } from './unjudged.ts';

describe('histories without a verdict', () => {
  it.each([
    [79, 0, true],
    [79, 1, true],
    [79, 2, false],
    [1000, 5, true],
    [1000, 6, false],
  ])('of %d, %d given up: enough were judged: %s', (histories, unknownHistories, enough) => {
    expect(judgedHistories([{ histories, unknownHistories }]).enough).toBe(enough);
  });
});
