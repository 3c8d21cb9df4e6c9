import type { CompareIds } from '../ids.ts';
import type { NodeId } from '../types.ts';
import type { AckedIndex } from './vote-result.ts';

interface Row {
  readonly id: NodeId;
  readonly index: number;
  readonly known: boolean;
  bar: number;
}

/**
 * A chart with one bar a voter, sorted by id. The bar is as long as the number of voters strictly behind, except that of
 * several voters with an equal index only the first in id order draws it. `?` stands for a voter not heard of.
 */
export function describeAcked(ids: readonly NodeId[], acked: AckedIndex, compare: CompareIds): string {
  const count = ids.length;
  if (count === 0) return '<empty majority quorum>';
  const rows = ids.map((id): Row => {
    const index = acked(id);
    return { id, index: index ?? 0, known: index !== undefined, bar: 0 };
  });
  const ranked = rows.toSorted((a, b) => (a.index === b.index ? compare(a.id, b.id) : a.index - b.index));
  for (let i = 1; i < count; i++) {
    if (ranked[i - 1]!.index < ranked[i]!.index) ranked[i]!.bar = i;
  }
  const lines = rows.map((row) => {
    const bar = row.known ? `${'x'.repeat(row.bar)}>${' '.repeat(count - row.bar)}` : `?${' '.repeat(count)}`;
    return `${bar} ${String(row.index).padStart(5)}    (id=${row.id})\n`;
  });
  return `${' '.repeat(count + 4)}idx\n${lines.join('')}`;
}
