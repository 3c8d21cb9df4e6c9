import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameSlots } from './name-slots.ts';
import { Paged } from './paged.ts';

describe('NameSlots', () => {
  const step = fc.record({
    name: fc.oneof(
      fc.nat(300).map((n) => `job-${n}`),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
    remove: fc.nat(2).map((n) => n === 0),
  });

  it('agrees with a map after any operations, and keeps slots dense and unique', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const slots = new NameSlots();
        const model = new Map<string, number>();
        let most = 0;
        for (const { name, remove } of steps) {
          expect(slots.find(name)).toBe(model.get(name) ?? -1);
          if (remove) {
            expect(slots.remove(name)).toBe(model.get(name) ?? -1);
            model.delete(name);
          } else {
            const slot = slots.add(name);
            expect(model.get(name) ?? slot).toBe(slot);
            model.set(name, slot);
          }
          most = Math.max(most, model.size);
          expect(slots.size).toBe(model.size);
        }
        for (const [name, slot] of model) {
          expect(slots.find(name)).toBe(slot);
          expect(slots.nameOf(slot)).toBe(name);
          expect(slot).toBeLessThan(most);
        }
        expect(new Map(slots.entries())).toEqual(new Map(Array.from(model, ([name, slot]) => [slot, name])));
      }),
      { numRuns: 300 },
    );
  });

  it('finds every one of 50,000 names, and starts anew after clear', () => {
    const slots = new NameSlots();
    for (let round = 0; round < 2; round++) {
      const wrong: number[] = [];
      for (let i = 0; i < 50_000; i++) if (slots.add(`load-${i}`) !== i) wrong.push(i);
      for (let i = 0; i < 50_000; i += 2) slots.remove(`load-${i}`);
      for (let i = 0; i < 50_000; i++) if (slots.find(`load-${i}`) !== (i % 2 === 0 ? -1 : i)) wrong.push(i);
      expect(wrong).toEqual([]);
      expect(slots.size).toBe(25_000);
      slots.clear();
      expect(slots.nameOf(1)).toBeUndefined();
    }
  });
});

describe('Paged', () => {
  it('agrees with a map, and makes pages only for what differs', () => {
    const write = fc.record({ at: fc.nat(20_000), value: fc.integer({ min: -3, max: 3 }) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 200 }), (writes) => {
        const touched = new Set<number>();
        let pages = 0;
        const cells = new Paged<number>(-1, (length) => {
          pages++;
          return new Int32Array(length);
        });
        const model = new Map<number, number>();
        for (const { at, value } of writes) {
          cells.set(at, value);
          model.set(at, value);
          if (value !== -1) touched.add(at >> 11);
        }
        for (let at = 0; at <= 20_000; at += 1) if (cells.get(at) !== (model.get(at) ?? -1)) expect.fail(`cell ${at}`);
        expect(pages).toBe(touched.size);
      }),
    );
  });
});
