import { describe, expect, it } from 'vitest';
import { simulate } from '../../test/sim/simulate.ts';

const SEEDS = 150;

describe('formation, simulated', () => {
  it(`keeps its promises on ${SEEDS} seeds, and reaches what is not rare`, () => {
    const marks = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      // A violation names the seed by itself.
      const outcome = simulate(seed);
      for (const [name, times] of Object.entries(outcome.marks)) marks.set(name, (marks.get(name) ?? 0) + times);
    }
    const reached = ['accepted', 'refused', 'released', 'rebuilt', 'admission: found', 'admission: join'];
    for (const name of reached) expect(marks.get(name), name).toBeGreaterThan(0);
  });

  it('gives the same run for the same seed', () => {
    expect(simulate(12)).toEqual(simulate(12));
  });
});
