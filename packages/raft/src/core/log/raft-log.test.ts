import { describe, expect, it } from 'vitest';
import { confStateWith, type Entry, EntryType, entriesSize, MemoryStorage, RaftLog } from '../index.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const entry = (index: number, term: number): Entry => ({
  index,
  term,
  type: EntryType.normal,
  data: new Uint8Array(0),
});
const entries = (first: number, ...terms: number[]): Entry[] => terms.map((term, i) => entry(first + i, term));

/** A log of terms 1, 2, 3, all unstable. */
function log123(): RaftLog {
  const log = new RaftLog(new MemoryStorage(), NO_LIMIT);
  log.append(entries(1, 1, 2, 3));
  return log;
}

const text = (log: RaftLog): string => {
  const parts: string[] = [];
  for (let i = log.firstIndex(); i <= log.lastIndex(); i++) parts.push(`${i}:${log.term(i)}`);
  return parts.join(' ');
};

describe('log', () => {
  it.each([
    [[], 0],
    [entries(1, 1, 2, 3), 0],
    [entries(2, 2, 3), 0],
    [entries(3, 3), 0],
    [entries(1, 1, 2, 3, 4, 4), 4],
    [entries(4, 4, 4), 4],
    [entries(1, 4, 4), 1],
    [entries(2, 1, 4, 4), 2],
    [entries(3, 1, 2, 4, 4), 3],
  ])('FindConflict: %j conflicts at %d', (list, conflict) => {
    expect(log123().findConflict(list)).toBe(conflict);
  });

  const byTerm: [terms: number[], index: number, term: number, foundIndex: number, foundTerm: number][] = [
    // The first term is that of the boundary at index 0 … n - 1.
    [[0, 2, 2, 5, 5, 5], 100, 2, 100, 0],
    [[0, 2, 2, 5, 5, 5], 5, 6, 5, 5],
    [[0, 2, 2, 5, 5, 5], 5, 5, 5, 5],
    [[0, 2, 2, 5, 5, 5], 5, 4, 2, 2],
    [[0, 2, 2, 5, 5, 5], 5, 2, 2, 2],
    [[0, 2, 2, 5, 5, 5], 5, 1, 0, 0],
    [[0, 2, 2, 5, 5, 5], 1, 2, 1, 2],
    [[0, 2, 2, 5, 5, 5], 1, 1, 0, 0],
    [[0, 2, 2, 5, 5, 5], 0, 0, 0, 0],
    [[0], 0, 0, 0, 0],
  ];
  it.each(byTerm)('FindConflictByTerm: of %j at most %d with term %d is %d:%d', (terms, index, term, at, its) => {
    const log = new RaftLog(new MemoryStorage(), NO_LIMIT);
    log.append(entries(1, ...terms.slice(1)));
    expect(log.findConflictByTerm(index, term)).toEqual({ index: at, term: its });
  });

  it.each([
    [12, 2, 10, 1],
    [11, 1, 10, 1],
    [10, 9, 10, 1],
    [12, 0, 9, 0],
    [9, 5, 9, 0],
  ])('FindConflictByTerm behind a boundary at 10:1: at most %d with term %d is %d:%d', (index, term, at, its) => {
    const storage = new MemoryStorage();
    storage.applySnapshot({ index: 10, term: 1, confState: confStateWith(['a']) });
    const log = new RaftLog(storage, NO_LIMIT);
    log.append(entries(11, 3, 3, 5));
    expect(log.findConflictByTerm(index, term)).toEqual({ index: at, term: its });
  });

  it('IsUpToDate: later term, or same term and not shorter (raft 5.4.1)', () => {
    const log = log123();
    const table: [term: number, index: number, upToDate: boolean][] = [
      [4, 2, true],
      [4, 3, true],
      [2, 4, false],
      [2, 2, false],
      [3, 2, false],
      [3, 3, true],
      [3, 4, true],
    ];
    for (const [term, index, upToDate] of table)
      expect([term, index, log.isUpToDate(index, term)]).toEqual([term, index, upToDate]);
  });

  const maybe: [
    prev: [number, number],
    terms: number[],
    commit: number,
    last: number | undefined,
    log: string,
    committed: number,
  ][] = [
    [[3, 2], [4], 3, undefined, '1:1 2:2 3:3', 1],
    [[4, 3], [4], 3, undefined, '1:1 2:2 3:3', 1],
    [[3, 3], [], 3, 3, '1:1 2:2 3:3', 3],
    [[3, 3], [], 4, 3, '1:1 2:2 3:3', 3],
    [[3, 3], [], 2, 3, '1:1 2:2 3:3', 2],
    [[3, 3], [], 0, 3, '1:1 2:2 3:3', 1],
    [[3, 3], [4], 3, 4, '1:1 2:2 3:3 4:4', 3],
    [[3, 3], [4], 4, 4, '1:1 2:2 3:3 4:4', 4],
    [[3, 3], [4, 4], 4, 5, '1:1 2:2 3:3 4:4 5:4', 4],
    [[2, 2], [4], 3, 3, '1:1 2:2 3:4', 3],
    [[1, 1], [4], 3, 2, '1:1 2:4', 2],
    [[1, 1], [2], 3, 2, '1:1 2:2 3:3', 2],
  ];
  it.each(maybe)('MaybeAppend: behind %j terms %j, commit %d', (prev, terms, commit, last, after, committed) => {
    const log = log123();
    log.commitTo(1);
    const got = log.maybeAppend(prev[0], prev[1], entries(prev[0] + 1, ...terms), commit);
    expect([got, text(log), log.committed]).toEqual([last, after, committed]);
  });

  it('MaybeAppend: a conflict with a committed entry is a broken invariant', () => {
    const log = log123();
    log.commitTo(1);
    expect(() => log.maybeAppend(0, 0, entries(1, 4), 4)).toThrow('committed');
  });

  it('CommitTo: forward only, never beyond the last entry', () => {
    const log = log123();
    log.commitTo(2);
    log.commitTo(1);
    expect(log.committed).toBe(2);
    expect(() => log.commitTo(4)).toThrow('beyond');
  });

  it('CompactionSideEffects: terms and slices across the boundary between disk and memory', () => {
    const storage = new MemoryStorage();
    const all = entries(1, ...Array.from({ length: 100 }, (_, i) => i + 1));
    storage.append(all.slice(0, 75));
    const log = new RaftLog(storage, NO_LIMIT);
    log.append(all.slice(75));
    expect(log.maybeCommit(100, 100)).toBe(true);
    log.appliedTo(100, 0);
    storage.compact(50);
    expect([log.firstIndex(), log.lastIndex(), log.term(50), log.term(49)]).toEqual([51, 100, 50, undefined]);
    for (let i = 51; i <= 100; i++) expect(log.matches(i, i)).toBe(true);
    expect(log.unstable.nextEntries()[0]!.index).toBe(76);
    log.append(entries(101, 101));
    expect(log.lastIndex()).toBe(101);
    expect([log.slice(50, 60, NO_LIMIT), log.slice(51, 51, NO_LIMIT)]).toEqual(['compacted', []]);
    const across = log.slice(70, 80, NO_LIMIT);
    expect(typeof across === 'string' ? across : across.map(({ index }) => index)).toEqual([
      70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
    ]);
    expect(() => log.slice(70, 103, NO_LIMIT)).toThrow('ends behind 101');
    const one = entriesSize(all.slice(70, 71));
    expect(log.slice(71, 80, one)).toHaveLength(1);
    expect(log.slice(75, 80, 2 * one)).toHaveLength(2);
    expect(log.slice(75, 80, 2 * one - 1)).toHaveLength(1);
    expect(log.slice(76, 80, 0)).toHaveLength(1);
  });

  /** A log with 101 … 106 on disk and 107 … 111 in memory, behind a boundary at 100. */
  function halves(): RaftLog {
    const storage = new MemoryStorage();
    storage.applySnapshot({ index: 100, term: 100, confState: confStateWith(['a']) });
    storage.append(entries(101, 101, 102, 103, 104, 105, 106));
    const log = new RaftLog(storage, NO_LIMIT);
    log.append(entries(107, 107, 108, 109, 110, 111));
    return log;
  }
  const one = entriesSize(entries(101, 101));

  it.each([
    // Below the boundary, and at it.
    [99, 101, NO_LIMIT, 'compacted'],
    [100, 101, NO_LIMIT, 'compacted'],
    // Nothing, on disk, across, in memory, all.
    [101, 101, NO_LIMIT, []],
    [101, 103, NO_LIMIT, [101, 102]],
    [105, 109, NO_LIMIT, [105, 106, 107, 108]],
    [107, 110, NO_LIMIT, [107, 108, 109]],
    [101, 112, NO_LIMIT, [101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111]],
    [112, 112, NO_LIMIT, []],
    // Limits: one entry at least, whole entries only, also where the halves meet.
    [106, 110, 0, [106]],
    [107, 110, 0, [107]],
    [105, 109, one, [105]],
    [105, 109, 2 * one, [105, 106]],
    [105, 109, 3 * one - 1, [105, 106]],
    [105, 109, 3 * one, [105, 106, 107]],
  ])('Slice: [%d, %d) within %d bytes is %j', (lo, hi, maxBytes, expected) => {
    const slice = halves().slice(lo, hi, maxBytes);
    expect(Array.isArray(slice) ? slice.map(({ index }) => index) : slice).toEqual(expected);
  });

  it('Slice: beyond the last entry is a broken invariant', () => {
    expect(() => halves().slice(111, 113, NO_LIMIT)).toThrow('ends behind 111');
    expect(() => halves().slice(105, 104, NO_LIMIT)).toThrow('[105, 104)');
  });

  it('Scan: membership changes are found in any stretch, on disk, in memory and where they meet', () => {
    for (const at of [101, 106, 107, 111]) {
      const change = (entry: Entry): Entry => (entry.index === at ? { ...entry, type: EntryType.confChange } : entry);
      const storage = new MemoryStorage();
      storage.applySnapshot({ index: 100, term: 100, confState: confStateWith(['a']) });
      storage.append(entries(101, 101, 102, 103, 104, 105, 106).map(change));
      const log = new RaftLog(storage, NO_LIMIT);
      log.append(entries(107, 107, 108, 109, 110, 111).map(change));
      for (let lo = 101; lo <= 112; lo++) {
        for (let hi = lo; hi <= 112; hi++)
          expect(log.hasConfChange(lo, hi), `${lo} ${at} ${hi}`).toBe(lo <= at && at < hi);
      }
    }
  });

  it('Restore: a snapshot is boundary, commit and last entry', () => {
    const log = log123();
    log.restore({ index: 9, term: 4, confState: confStateWith(['a']) });
    expect([log.firstIndex(), log.lastIndex(), log.term(9), log.committed, log.unstable.offset]).toEqual([
      10, 9, 4, 9, 10,
    ]);
    expect(log.hasNextCommitted(true)).toBe(false);
    expect(() => log.restore({ index: 8, term: 4, confState: confStateWith(['a']) })).toThrow('behind');
  });
});

describe('entries to apply', () => {
  /** Entries 4 to 6 behind a boundary at 3, of which 4 is durable; 5 is committed. */
  function log456(limit = NO_LIMIT): RaftLog {
    const storage = new MemoryStorage();
    storage.applySnapshot({ index: 3, term: 1, confState: confStateWith(['a']) });
    const log = new RaftLog(storage, limit);
    log.append(entries(4, 1, 1, 1));
    storage.append(entries(4, 1));
    log.unstable.acceptInProgress();
    log.unstable.stableTo(4, 1);
    log.commitTo(5);
    return log;
  }
  const next = (log: RaftLog, allowUnstable: boolean): number[] => {
    const found = log.nextCommitted(allowUnstable);
    return typeof found === 'string' ? [] : found.map(({ index }) => index);
  };

  it('HasNextCommittedEnts, NextCommittedEnts: with asynchronous storage only what is durable here', () => {
    expect(next(log456(), true)).toEqual([4, 5]);
    expect(next(log456(), false)).toEqual([4]);
    const log = log456();
    log.acceptApplying(4, 0, false);
    expect([log.hasNextCommitted(false), log.hasNextCommitted(true)]).toEqual([false, true]);
    log.acceptApplying(5, 0, true);
    expect(log.hasNextCommitted(true)).toBe(false);
  });

  it('AcceptApplying, AppliedTo: bytes handed out are bounded until they are acknowledged', () => {
    const size = entriesSize(entries(4, 1));
    const log = log456(size);
    expect(next(log, true)).toEqual([4]);
    log.acceptApplying(4, size, true);
    expect([log.hasNextCommitted(true), log.applyingQuota]).toEqual([false, 0]);
    log.appliedTo(4, size);
    expect([next(log, true), log.applied, log.applying]).toEqual([[5], 4, 4]);
  });

  it('AcceptApplying: a batch cut short waits even if some quota is left', () => {
    const size = entriesSize(entries(4, 1));
    const log = log456(2 * size - 1);
    expect(next(log, true)).toEqual([4]);
    log.acceptApplying(4, size, true);
    expect([log.applyingQuota > 0, log.hasNextCommitted(true)]).toEqual([true, false]);
  });

  it('AppliedTo: never back, never beyond the commit index', () => {
    const log = log456();
    log.appliedTo(4, 0);
    expect(() => log.appliedTo(3, 0)).toThrow('after 4');
    expect(() => log.appliedTo(6, 0)).toThrow('beyond');
    expect(() => log.acceptApplying(6, 0, true)).toThrow('beyond');
  });
});
