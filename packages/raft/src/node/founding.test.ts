import { describe, expect, it } from 'vitest';
import { decodeConfChange } from '../core/confchange/codec.ts';
import { clusterIdOf, foundingEntry, foundingSteps, recoveredClusterId } from './founding.ts';
import { decodeInfos } from './members.ts';

const record = {
  region: 'eu',
  attempt: 1,
  members: [
    { id: 'b', birth: '02' },
    { id: 'a', birth: '01' },
  ],
};
const turned = { ...record, members: record.members.toReversed() };

describe('founding record', () => {
  it('gives the same id and entry in whatever order the members are', () => {
    expect(clusterIdOf(turned)).toBe(clusterIdOf(record));
    expect(foundingEntry(turned)).toEqual(foundingEntry(record));
    expect(clusterIdOf(record)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('every part of it matters', () => {
    const others = [
      { ...record, region: 'us' },
      { ...record, attempt: 2 },
      { ...record, members: record.members.slice(1) },
      {
        ...record,
        members: [
          { id: 'b', birth: '03' },
          { id: 'a', birth: '01' },
        ],
      },
    ];
    const ids = new Set([record, ...others].map(clusterIdOf));
    expect(ids.size).toBe(5);
  });

  it('the entry is at index 1, term 1 and adds one voter after the other, with births', () => {
    const entry = foundingEntry(record);
    const change = decodeConfChange(entry);
    expect([entry.index, entry.term]).toEqual([1, 1]);
    expect(foundingSteps(change).map(({ steps }) => steps)).toEqual([
      [{ kind: 'addVoter', id: 'a' }],
      [{ kind: 'addVoter', id: 'b' }],
    ]);
    expect(decodeInfos(change.context)).toMatchObject({ a: { birth: '01' }, b: { birth: '02' } });
  });

  it.each([
    [{ ...record, members: [] }],
    [
      {
        ...record,
        members: [
          { id: 'a', birth: '1' },
          { id: 'a', birth: '2' },
        ],
      },
    ],
    [{ ...record, members: [{ id: '', birth: '1' }] }],
    [{ ...record, attempt: -1 }],
  ])('misuse is a TypeError: %o', (bad) => {
    expect(() => clusterIdOf(bad)).toThrow(TypeError);
  });

  it('survivors recovered with different lists get different ids', () => {
    expect(recoveredClusterId('x', ['a', 'b'])).toBe(recoveredClusterId('x', ['b', 'a']));
    expect(recoveredClusterId('x', ['a'])).not.toBe(recoveredClusterId('x', ['b']));
    expect(recoveredClusterId('x', ['a'])).not.toBe(recoveredClusterId('y', ['a']));
  });
});
