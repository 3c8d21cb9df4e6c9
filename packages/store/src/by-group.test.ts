import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByGroup } from './by-group.ts';

it('holds what a map would', () => {
  const step = fc.record({ group: fc.bigInt({ min: 0n, max: 5n }), value: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const groups = new ByGroup<number>();
      const model = new Map<bigint, number>();
      for (const { group, value } of steps) {
        if (value === undefined) {
          groups.delete(group);
          model.delete(group);
        } else {
          groups.set(group, value);
          model.set(group, value);
        }
        expect(groups.size).toBe(model.size);
        expect(new Set(groups.values())).toEqual(new Set(model.values()));
        for (let wanted = 0n; wanted <= 5n; wanted++) expect(groups.get(wanted)).toBe(model.get(wanted));
      }
    }),
  );
});
