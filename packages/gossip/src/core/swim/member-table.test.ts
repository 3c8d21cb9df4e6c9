import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { SharedMembers, SharedTable } from '../../testing/shared-table.ts';
import { describe, expect, it } from 'vitest';
import type { MemberTable } from './member-table.ts';
import { PlainTable } from './plain-table.ts';

type Make = (random: Random) => MemberTable;

function fillFrom(make: Make, count: number, seed = 1): MemberTable {
  const table = make(seededRandom(seed));
  for (let i = 0; i < count; i++) {
    table.setState(table.insert(`n${i}`, Uint8Array.of(10, 0, 0, i), 1, 0), i % 3 === 0 ? 'dead' : 'alive', i);
  }
  return table;
}

const MAKES: [kind: string, make: Make][] = [
  ['plain', (random) => new PlainTable(random)],
  ['shared', (random) => new SharedTable('n3', new SharedMembers(), random, true)],
];

describe.each(MAKES)('%s KRandomNodes', (_, make) => {
  const filled = (count: number): MemberTable => fillFrom(make, count);

  it.each([
    { total: 5, count: 3 },
    { total: 9, count: 3 },
    { total: 100, count: 3 },
    { total: 100, count: 0 },
    { total: 0, count: 3 },
  ])('picks $count of $total: different ones, only accepted ones, each about as often', ({ total, count }) => {
    const table = filled(total);
    let wrong = 0;
    const times = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const picked = table.pick(count, ({ state }) => state === 'alive');
      const accepted = total - Math.ceil(total / 3);
      if (picked.length !== Math.min(count, accepted) || new Set(picked).size < picked.length) wrong++;
      for (const { name, state } of picked) {
        if (state !== 'alive') wrong++;
        times.set(name, (times.get(name) ?? 0) + 1);
      }
    }
    expect(wrong).toBe(0);
    if (times.size === 0) return;
    const counts = [...times.values()];
    const mean = (3000 * Math.min(count, times.size)) / times.size;
    expect(Math.min(...counts)).toBeGreaterThan(mean * 0.5);
    expect(Math.max(...counts)).toBeLessThan(mean * 1.6);
  });
});

describe.each(MAKES)('%s ResetNodes', (_, make) => {
  const filled = (count: number, seed?: number): MemberTable => fillFrom(make, count, seed);

  it('MoveDeadNodes: forgets who is gone for longer, keeps us and the others, draws a new order', () => {
    const table = filled(30);
    const before = Array.from(table.entries, ({ name }) => name);
    table.reset(1010, 1000, 'n3');
    // Dead since their number: n0, n6, n9 are too long gone; n3 is us.
    expect(['n0', 'n3', 'n6', 'n9', 'n12', 'n1'].map((name) => table.get(name) !== undefined)).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
    const after = Array.from(table.entries, ({ name }) => name);
    expect(table.size).toBe(27);
    expect(after.toSorted()).toEqual(before.filter((name) => !['n0', 'n6', 'n9'].includes(name)).toSorted());
    expect(after).not.toEqual(before.filter((name) => after.includes(name)));
  });

  it('newcomers stand anywhere in the order', () => {
    const places = new Set(
      Array.from({ length: 60 }, (_, seed) => [...filled(4, seed).entries].findIndex(({ name }) => name === 'n3')),
    );
    expect(places).toEqual(new Set([0, 1, 2, 3]));
  });
});
