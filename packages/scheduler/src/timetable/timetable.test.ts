import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timetable } from './timetable.ts';

const operation = fc.oneof(
  fc.record({
    op: fc.constant('set' as const),
    key: fc.integer({ min: 0, max: 200 }),
    due: fc.integer({ min: 0, max: 1_000 }),
  }),
  fc.record({ op: fc.constant('remove' as const), key: fc.integer({ min: 0, max: 200 }) }),
  fc.record({ op: fc.constant('take' as const), now: fc.integer({ min: 0, max: 1_000 }) }),
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does one step on both; false when they answer differently. */
function agrees(table: Timetable, naive: Map<string, number>, step: Operation): boolean {
  if (step.op === 'take') {
    const key = table.takeDue(step.now);
    const earliest = Math.min(...naive.values());
    if (key === undefined) return earliest > step.now;
    const right = naive.get(key) === earliest && earliest <= step.now;
    naive.delete(key);
    return right;
  }
  const key = `j${step.key}`;
  if (step.op === 'remove') return table.remove(key) === naive.delete(key);
  table.set(key, step.due);
  naive.set(key, step.due);
  return table.dueMs(key) === step.due;
}

describe('Timetable', () => {
  it('G-S12: agrees with a sorted list after any operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 600 }), (operations) => {
        const table = new Timetable();
        const naive = new Map<string, number>();
        for (const step of operations) {
          expect(agrees(table, naive, step)).toBe(true);
          expect(table.size).toBe(naive.size);
          expect(table.peekMs() ?? Infinity).toBe(Math.min(...naive.values()));
        }
        for (const [key, due] of naive) expect(table.dueMs(key)).toBe(due);
      }),
      { numRuns: 200 },
    );
  });

  it('gives everything back in order, and reuses its slots', () => {
    const table = new Timetable();
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 5_000; key++) table.set(`j${key}`, (key * 7919) % 5_003);
      let last = -1;
      for (let key = table.takeDue(Infinity); key !== undefined; key = table.takeDue(Infinity)) {
        const due = (Number(key.slice(1)) * 7919) % 5_003;
        expect(due).toBeGreaterThanOrEqual(last);
        last = due;
      }
      expect(table.size).toBe(0);
    }
  });
});
