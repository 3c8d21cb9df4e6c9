import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedSlots } from './sorted-slots.ts';

/** Slots are positions in `names`. */
function orderOf(names: readonly string[]): SortedSlots {
  return new SortedSlots((slot) => names[slot] as string);
}

describe('SortedSlots', () => {
  it('keeps the order of UTF-16 units, as sorting does', () => {
    // In UTF-8 the last two would come after the one before them.
    const unit = fc.constantFrom('a', 'b', '\u00ff', '\ud7ff', '\uff41', '\u{10000}', '\u{1d4ea}');
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 3 }), { maxLength: 60 }), (texts) => {
        const names = [...new Set(texts)];
        const order = orderOf(names);
        for (const slot of names.keys()) order.add(slot);
        expect([...order.ascending()]).toEqual(names.toSorted());
      }),
    );
  });

  it('agrees with a sorted array through splits and joins', () => {
    const names = Array.from({ length: 6_000 }, (_, i) => `j${(i * 7_919) % 6_000}`);
    const batch = fc.record({ from: fc.nat(5_999), count: fc.nat(3_000), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 12 }), fc.nat(6_000), fc.nat(50), (batches, start, count) => {
        const order = orderOf(names);
        const model = new Set<number>();
        for (const { from, count: many, remove } of batches) {
          for (let slot = from; slot < Math.min(from + many, names.length); slot++) {
            if (remove) {
              order.remove(slot);
              model.delete(slot);
            } else if (!model.has(slot)) {
              order.add(slot);
              model.add(slot);
            }
          }
          expect(order.size).toBe(model.size);
        }
        const sorted = Array.from(model, (slot) => names[slot] as string).toSorted();
        expect([...order.ascending()]).toEqual(sorted);
        expect(order.slice(start, start + count)).toEqual(sorted.slice(start, start + count));
      }),
      { numRuns: 30 },
    );
  });

  it('takes names in order, forwards and backwards', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `j${String(i).padStart(5, '0')}`);
    const [up, down] = [orderOf(names), orderOf(names)];
    for (const slot of names.keys()) {
      up.add(slot);
      down.add(names.length - 1 - slot);
    }
    expect(up.slice(0, Infinity)).toEqual(names);
    expect(down.slice(0, Infinity)).toEqual(names);
    expect(up.slice(2_000, 2_002)).toEqual(['j02000', 'j02001']);
  });
});
