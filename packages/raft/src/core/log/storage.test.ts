import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  confStateWith,
  type Entry,
  entriesSize,
  entrySize,
  EntryType,
  limitSize,
  LogWindow,
  MemoryStorage,
  TermRuns,
} from '../index.ts';

const entry = (index: number, term: number, type: EntryType = EntryType.normal, bytes = 0): Entry => ({
  index,
  term,
  type,
  data: new Uint8Array(bytes),
});

/** Boundary 3:3, entries 4:4, 5:5, 6:6. */
function storage(): MemoryStorage {
  const one = new MemoryStorage();
  one.applySnapshot({ index: 3, term: 3, confState: confStateWith(['a']) });
  one.append([entry(4, 4), entry(5, 5), entry(6, 6)]);
  return one;
}

const indexes = (found: readonly Entry[] | string): number[] | string =>
  typeof found === 'string' ? found : found.map(({ index }) => index);

describe('MemoryStorage', () => {
  it('Term: of the boundary and of entries, nothing outside', () => {
    expect([2, 3, 4, 5, 6, 7].map((index) => storage().term(index))).toEqual([undefined, 3, 4, 5, 6, undefined]);
  });

  it('Entries: compacted ones are not there; a size limit cuts, but never to nothing', () => {
    const one = storage();
    const size = entrySize(entry(4, 4));
    expect(one.entries(3, 5, 100)).toBe('compacted');
    expect(indexes(one.entries(4, 7, 1000))).toEqual([4, 5, 6]);
    expect(indexes(one.entries(4, 7, 0))).toEqual([4]);
    expect(indexes(one.entries(4, 7, 2 * size))).toEqual([4, 5]);
    expect(indexes(one.entries(4, 7, 3 * size - 1))).toEqual([4, 5]);
    expect(indexes(one.entries(4, 7, 3 * size))).toEqual([4, 5, 6]);
    expect(() => one.entries(4, 8, 100)).toThrow('the last is 6');
  });

  it('FirstIndex, LastIndex, Compact', () => {
    const one = storage();
    expect([one.firstIndex(), one.lastIndex()]).toEqual([4, 6]);
    one.compact(5);
    expect([one.firstIndex(), one.lastIndex(), one.term(5), one.term(4)]).toEqual([6, 6, 5, undefined]);
    expect(() => one.compact(5)).toThrow(expect.objectContaining({ code: 'RAFT_LOG_COMPACTED' }));
    expect(() => one.compact(7)).toThrow(expect.objectContaining({ code: 'RAFT_LOG_UNAVAILABLE' }));
    one.compact(6);
    expect([one.firstIndex(), one.lastIndex()]).toEqual([7, 6]);
  });

  it('CreateSnapshot: position and membership; entries stay', () => {
    const one = storage();
    expect(one.createSnapshot(5, confStateWith(['a', 'b']))).toEqual({
      index: 5,
      term: 5,
      confState: confStateWith(['a', 'b']),
    });
    expect([one.firstIndex(), one.snapshot()?.index]).toEqual([4, 5]);
    expect(() => one.createSnapshot(5)).toThrow(expect.objectContaining({ code: 'RAFT_SNAPSHOT_OUT_OF_DATE' }));
    expect(() => one.createSnapshot(9)).toThrow(expect.objectContaining({ code: 'RAFT_LOG_UNAVAILABLE' }));
  });

  it.each([
    ['nothing', [], '4:4 5:5 6:6'],
    ['only compacted ones', [entry(2, 2), entry(3, 3)], '4:4 5:5 6:6'],
    ['the same again', [entry(4, 4), entry(5, 5), entry(6, 6)], '4:4 5:5 6:6'],
    ['others in their place', [entry(4, 6), entry(5, 6)], '4:6 5:6'],
    ['longer', [entry(6, 6), entry(7, 7)], '4:4 5:5 6:6 7:7'],
    ['from before the boundary', [entry(3, 3), entry(4, 7)], '4:7'],
    ['the middle replaced', [entry(5, 7)], '4:4 5:7'],
    ['behind the end', [entry(7, 6)], '4:4 5:5 6:6 7:6'],
  ])('Append: %s', (_, added, expected) => {
    const one = storage();
    one.append(added);
    const text: string[] = [];
    for (let i = one.firstIndex(); i <= one.lastIndex(); i++) text.push(`${i}:${one.term(i)}`);
    expect(text.join(' ')).toBe(expected);
  });

  it('ApplySnapshot: replaces everything, unless it is out of date', () => {
    const one = storage();
    one.applySnapshot({ index: 8, term: 7, confState: confStateWith(['b']) });
    expect([one.firstIndex(), one.lastIndex(), one.term(8)]).toEqual([9, 8, 7]);
    expect(one.initialState().confState.voters).toEqual(['b']);
    expect(() => one.applySnapshot({ index: 8, term: 7, confState: confStateWith([]) })).toThrow('8');
  });
});

describe('limits on sizes', () => {
  it('LimitSize: the longest prefix that fits, one entry at least', () => {
    const list = [entry(1, 1), entry(2, 1, EntryType.normal, 200), entry(3, 1)];
    expect(limitSize([], 10)).toEqual([]);
    expect(limitSize(list, 0)).toHaveLength(1);
    expect(limitSize(list, entriesSize(list) - 1)).toHaveLength(2);
    expect(limitSize(list, entriesSize(list))).toHaveLength(3);
  });
});

describe('TermRuns', () => {
  it('agrees with a list of terms under random appends, cuts and compactions', () => {
    const step = fc.tuple(fc.constantFrom('append', 'term', 'cut', 'compact'), fc.nat(9));
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const runs = new TermRuns({ index: 5, term: 1 });
      let boundary = 5;
      let terms = [1];
      for (const [what, n] of steps) {
        const last = boundary + terms.length - 1;
        if (what === 'append' || what === 'term') {
          const term = terms.at(-1)! + (what === 'term' ? 1 : 0);
          runs.append(last + 1, term);
          terms.push(term);
        } else if (what === 'cut') {
          const index = boundary + 1 + (n % terms.length);
          runs.truncateFrom(index);
          terms = terms.slice(0, index - boundary);
        } else {
          const index = boundary + (n % terms.length);
          runs.compactTo(index);
          terms = terms.slice(index - boundary);
          boundary = index;
        }
        for (let i = boundary - 1; i <= boundary + terms.length; i++) {
          if (runs.term(i) !== terms[i - boundary]) return false;
        }
      }
      return runs.size <= new Set(terms).size;
    });
    expect(() => fc.assert(property, { numRuns: 500 })).not.toThrow();
  });
});

describe('LogWindow', () => {
  const open = (cacheBytes: number): LogWindow =>
    new LogWindow({
      hardState: { term: 3, vote: '', commit: 3 },
      confState: confStateWith(['a']),
      boundary: { index: 2, term: 1 },
      lastIndex: 5,
      termRuns: [
        { first: 3, term: 1 },
        { first: 5, term: 3 },
      ],
      confIndexes: [4],
      cacheBytes,
    });

  it('knows terms and membership changes of everything, but entries must be read', () => {
    const one = open(1000);
    expect([1, 2, 3, 4, 5, 6].map((index) => one.term(index))).toEqual([undefined, 1, 1, 1, 3, undefined]);
    expect([one.firstIndex(), one.lastIndex(), one.cachedFrom]).toEqual([3, 5, 6]);
    expect([one.entries(2, 6, 100), one.entries(3, 6, 100)]).toEqual(['compacted', 'pending']);
    expect([one.hasConfChange(3, 4), one.hasConfChange(3, 5), one.hasConfChange(5, 6)]).toEqual([false, true, false]);
  });

  it('keeps the newest entries within its bytes, the newest whatever its size', () => {
    const one = open(2 * entrySize(entry(6, 3, EntryType.normal, 10)));
    one.append([entry(6, 3, EntryType.normal, 10), entry(7, 3, EntryType.normal, 10)]);
    expect([one.cachedFrom, indexes(one.entries(6, 8, 1000))]).toEqual([6, [6, 7]]);
    one.append([entry(8, 4, EntryType.normal, 10)]);
    expect([one.cachedFrom, one.entries(6, 9, 1000), indexes(one.entries(7, 9, 1000))]).toEqual([7, 'pending', [7, 8]]);
    one.append([entry(9, 4, EntryType.normal, 1000)]);
    expect([one.cachedFrom, one.cachedBytes]).toEqual([9, entrySize(entry(9, 4, EntryType.normal, 1000))]);
  });

  it('lets go of what nobody will ask for, save the newest', () => {
    const one = open(1000);
    one.append([entry(6, 3), entry(7, 3), entry(8, 3)]);
    one.release(6);
    expect([one.cachedFrom, one.entries(6, 9, 100), indexes(one.entries(7, 9, 100))]).toEqual([7, 'pending', [7, 8]]);
    one.release(8);
    expect([one.cachedFrom, one.lastIndex(), one.term(6)]).toEqual([8, 8, 3]);
    one.append([entry(9, 3)]);
    expect(indexes(one.entries(8, 10, 100))).toEqual([8, 9]);
  });

  it('follows the log when entries are replaced, also before what it holds', () => {
    const one = open(1000);
    one.append([entry(6, 3), entry(7, 3, EntryType.confChange)]);
    one.append([entry(7, 4)]);
    expect([one.lastIndex(), one.term(7), one.hasConfChange(6, 8), indexes(one.entries(6, 8, 100))]).toEqual([
      7,
      4,
      false,
      [6, 7],
    ]);
    one.append([entry(4, 5)]);
    expect([one.lastIndex(), one.term(4), one.cachedFrom, one.hasConfChange(3, 5)]).toEqual([4, 5, 4, false]);
  });

  it('an own snapshot does not take the place of a newer one that was received', () => {
    const one = open(1000);
    one.setSnapshot({ index: 3, term: 1, confState: confStateWith(['a']) });
    one.applySnapshot({ index: 20, term: 9, confState: confStateWith(['a', 'b']) });
    one.setSnapshot({ index: 5, term: 3, confState: confStateWith(['a']) });
    expect(one.snapshot()).toEqual({ index: 20, term: 9, confState: confStateWith(['a', 'b']) });
    one.setSnapshot({ index: 21, term: 9, confState: confStateWith(['a']) });
    expect(one.snapshot()?.index).toBe(21);
  });

  it('compaction and snapshots move the boundary', () => {
    const one = open(1000);
    one.append([entry(6, 3), entry(7, 3)]);
    one.compact(6);
    expect([one.firstIndex(), one.term(6), one.term(5), indexes(one.entries(7, 8, 100))]).toEqual([
      7,
      3,
      undefined,
      [7],
    ]);
    one.compact(3);
    expect(one.firstIndex()).toBe(7);
    one.applySnapshot({ index: 20, term: 9, confState: confStateWith(['a']) });
    expect([one.firstIndex(), one.lastIndex(), one.term(20), one.cachedBytes, one.snapshot()?.index]).toEqual([
      21, 20, 9, 0, 20,
    ]);
    one.append([entry(21, 9)]);
    expect(indexes(one.entries(21, 22, 100))).toEqual([21]);
  });
});
