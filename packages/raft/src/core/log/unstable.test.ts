import { describe, expect, it } from 'vitest';
import { confStateWith, type Entry, EntryType, type SnapshotMeta } from '../index.ts';
import { Unstable } from './unstable.ts';

const entry = (index: number, term = 1): Entry => ({ index, term, type: EntryType.normal, data: new Uint8Array(0) });
const snapshot = (index: number, term = 1): SnapshotMeta => ({ index, term, confState: confStateWith(['a']) });

function unstable(offset: number, entries: readonly Entry[], snap?: SnapshotMeta): Unstable {
  const one = new Unstable(offset);
  if (snap !== undefined) one.restore(snap);
  if (entries.length > 0) one.truncateAndAppend(entries);
  return one;
}

const ids = (one: Unstable): string[] => one.entries.map(({ index, term }) => `${index}:${term}`);

describe('unstable log', () => {
  it('MaybeFirstIndex, MaybeLastIndex: entries and snapshot', () => {
    expect([unstable(5, [entry(5)]).firstIndex(), unstable(5, []).firstIndex()]).toEqual([undefined, undefined]);
    expect([unstable(5, [entry(5)], snapshot(4)).firstIndex(), unstable(5, [], snapshot(4)).firstIndex()]).toEqual([
      5, 5,
    ]);
    expect(unstable(5, [entry(5)]).lastIndex()).toBe(5);
    expect(unstable(5, [], snapshot(4)).lastIndex()).toBe(4);
    expect(unstable(5, []).lastIndex()).toBeUndefined();
  });

  it('MaybeTerm: of entries and of the snapshot, of nothing else', () => {
    const one = unstable(5, [entry(5, 2)], snapshot(4, 1));
    expect([3, 4, 5, 6].map((index) => one.term(index))).toEqual([undefined, 1, 2, undefined]);
    expect(unstable(5, []).term(5)).toBeUndefined();
  });

  it('NextEntries: those that are not in progress', () => {
    const one = unstable(5, [entry(5), entry(6)]);
    expect(one.nextEntries()).toHaveLength(2);
    one.acceptInProgress();
    expect([one.hasNextEntries, one.nextEntries()]).toEqual([false, []]);
    one.truncateAndAppend([entry(7)]);
    expect(one.nextEntries().map(({ index }) => index)).toEqual([7]);
  });

  it('NextSnapshot, StableSnapTo: handed out once, forgotten when it is durable', () => {
    const one = unstable(5, [], snapshot(4));
    expect(one.nextSnapshot()?.index).toBe(4);
    one.acceptInProgress();
    expect(one.nextSnapshot()).toBeUndefined();
    one.stableSnapshotTo(3);
    expect(one.snapshot?.index).toBe(4);
    one.stableSnapshotTo(4);
    expect([one.snapshot, one.snapshotInProgress]).toEqual([undefined, false]);
  });

  it('Restore: replaces everything', () => {
    const one = unstable(5, [entry(5)], snapshot(4));
    one.acceptInProgress();
    one.restore(snapshot(8, 2));
    expect([one.offset, one.offsetInProgress, one.entries, one.snapshot?.index, one.snapshotInProgress]).toEqual([
      9,
      9,
      [],
      8,
      false,
    ]);
  });

  it.each([
    ['nothing is there', 5, [] as Entry[], 5, 1, 5, 0],
    ['the first', 5, [entry(5)], 5, 1, 6, 0],
    ['one of two', 5, [entry(5), entry(6)], 5, 1, 6, 1],
    ['another term: ignored', 6, [entry(6, 2)], 6, 1, 6, 1],
    ['an earlier index: ignored', 5, [entry(5)], 4, 1, 5, 1],
    ['a later index: ignored', 5, [entry(5)], 6, 1, 5, 1],
  ])('StableTo: %s', (_, offset, entries, index, term, newOffset, left) => {
    const one = unstable(offset, entries);
    one.acceptInProgress();
    one.stableTo(index, term);
    expect([one.offset, one.entries.length, one.offsetInProgress >= newOffset]).toEqual([newOffset, left, true]);
  });

  it('StableTo: an index and term that are the snapshot change nothing', () => {
    const one = unstable(5, [entry(5)], snapshot(4, 1));
    one.stableTo(4, 1);
    expect([one.offset, one.entries.length]).toEqual([5, 1]);
  });

  it.each([
    ['behind the end', [entry(5)], [entry(6), entry(7)], 5, ['5:1', '6:1', '7:1'], 6],
    ['all replaced', [entry(5)], [entry(5, 2), entry(6, 2)], 5, ['5:2', '6:2'], 5],
    ['before the offset', [entry(5)], [entry(4, 2), entry(5, 2)], 4, ['4:2', '5:2'], 4],
    ['the end cut', [entry(5), entry(6), entry(7)], [entry(6, 2)], 5, ['5:1', '6:2'], 6],
    [
      'in progress is cut too',
      [entry(5), entry(6), entry(7)],
      [entry(7, 2), entry(8, 2)],
      5,
      ['5:1', '6:1', '7:2', '8:2'],
      7,
    ],
  ])('TruncateAndAppend: %s', (_, before, added, offset, after, inProgress) => {
    const one = unstable(5, before);
    one.acceptInProgress();
    one.truncateAndAppend(added);
    expect([one.offset, ids(one), one.offsetInProgress]).toEqual([offset, after, inProgress]);
  });

  it('a gap or a slice out of bounds is a broken invariant', () => {
    const one = unstable(5, [entry(5)]);
    expect(() => one.truncateAndAppend([entry(7)])).toThrow('gap');
    expect(() => one.slice(4, 6)).toThrow('outside');
    expect(() => one.slice(5, 7)).toThrow('outside');
  });
});
