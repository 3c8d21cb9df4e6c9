import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { SpanIndex } from './span-index.ts';
import type { Span } from './span-index.ts';

describe('SpanIndex', () => {
  it('is equal to an array of spans under random operations', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const index = new SpanIndex();
      let naive: Span[] = [];
      for (let step = 0; step < 800; step++) {
        const first = naive[0]?.firstIndex ?? 1;
        const next = (naive.at(-1)?.firstIndex ?? 1) + (naive.at(-1)?.count ?? 0);
        const draw = random.nextInt(100);
        if (draw < 90) {
          const span = { firstIndex: next, count: 1 + random.nextInt(5), segment: seed, offset: step * 8, bytes: 8 };
          index.push(span);
          naive.push(span);
        } else if (draw < 95) {
          const from = next - random.nextInt(Math.min(10, next - first + 1));
          index.truncate(from);
          naive = naive
            .filter((span) => span.firstIndex < from)
            .map((span) => ({ ...span, count: Math.min(span.count, from - span.firstIndex) }));
        } else if (draw < 99) {
          const through = first + random.nextInt(20);
          index.dropThrough(through);
          naive = naive.filter((span) => span.firstIndex + span.count - 1 > through);
        } else {
          index.clear();
          naive = [];
        }
        const probe = first + random.nextInt(Math.max(1, next - first + 5));
        const position = naive.findIndex((span) => probe >= span.firstIndex && probe < span.firstIndex + span.count);
        expect(index.find(probe), `seed ${seed}, step ${step}`).toBe(position < 0 ? undefined : position);
      }
      expect(Array.from({ length: index.length }, (_, i) => index.at(i))).toEqual(naive);
    }
  });

  it('names the first entry that no span holds', () => {
    const index = new SpanIndex();
    const span = (firstIndex: number, count: number): Span => ({ firstIndex, count, segment: 1, offset: 0, bytes: 8 });
    expect(index.firstMissing(1, 0)).toBeUndefined();
    expect(index.firstMissing(1, 1)).toBe(1);
    index.push(span(3, 2));
    index.push(span(6, 2));
    expect(index.firstMissing(3, 4)).toBeUndefined();
    expect(index.firstMissing(4, 7)).toBe(5);
    expect(index.firstMissing(2, 3)).toBe(2);
    expect(index.firstMissing(6, 9)).toBe(8);
  });
});
