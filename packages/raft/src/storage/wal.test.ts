import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Entry, HardState } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import type { SimDiskModules } from '../testing/sim-disk.ts';
import type { CommitObservation, WalOptions } from './wal-options.ts';
import { SegmentedWal } from './wal.ts';

const SEGMENT_BYTES = 32_768;
const hard = (term: number): HardState => ({ term, vote: '', commit: 0 });
const entry = (index: number, bytes = 100, term = 1): Entry => ({
  index,
  term,
  type: 0,
  data: new Uint8Array(bytes).fill(index),
});

interface Setup {
  readonly disk: SimDisk;
  readonly clock: ManualTime;
  readonly commits: CommitObservation[];
  make(options?: WalOptions): SegmentedWal;
}

function setup(completion?: SimDiskModules['completion'], capacityBytes = Infinity): Setup {
  const disk = new SimDisk({ capacityBytes }, { random: seededRandom(1), ...(completion ? { completion } : {}) });
  const clock = new ManualTime();
  const commits: CommitObservation[] = [];
  return {
    disk,
    clock,
    commits,
    make: (options) =>
      new SegmentedWal(
        { segmentBytes: SEGMENT_BYTES, ...options },
        { disk: disk.mount(), clock, logger: silentLogger, onCommit: (commit) => commits.push(commit) },
      ),
  };
}

async function turn(turns = 200): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}

describe('SegmentedWal', () => {
  it('begins anew before everything, committed entries too, when told so; elsewhere a commit index never falls', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    const hardState = { term: 3, vote: 'a', commit: 2 };
    await wal.append({ entries: [entry(1), entry(2)], hardState }, true);
    await expect(wal.reset({ index: 1, term: 1 }, { hardState: { ...hardState, commit: 1 } })).rejects.toThrow(
      'commit',
    );
    await wal.reset({ index: 0, term: 0 }, { hardState: { ...hardState, commit: 0 } });
    disk.crash('lose');
    const state = await make().open();
    expect(state).toMatchObject({ lastIndex: 0, firstIndex: 1, hardState: { term: 3, vote: 'a', commit: 0 } });
  });

  it('joins what is called in one stretch, and what queues behind a sync, into one write and one sync each', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const { disk, make, commits } = setup((_call, complete) => void (holding ? held.push(complete) : complete()));
    const wal = make();
    await wal.open();
    await turn();
    const before = [disk.count('write'), disk.count('sync')];
    await Promise.all([
      wal.append({ entries: [entry(1)], hardState: hard(1) }, true),
      wal.append({ entries: [entry(2)] }, true),
      wal.append({ entries: [entry(3)] }, true),
    ]);
    expect([disk.count('write'), disk.count('sync')]).toEqual([before[0]! + 1, before[1]! + 1]);
    holding = true;
    const settled: number[] = [];
    const first = wal.append({ entries: [entry(4)] }, true).then(() => settled.push(4));
    await turn();
    const rest = [5, 6, 7].map((index) =>
      wal.append({ entries: [entry(index)] }, true).then(() => settled.push(index)),
    );
    for (let i = 0; i < 10; i++) {
      held.splice(0).forEach((complete) => complete());
      await turn();
    }
    await Promise.all([first, ...rest]);
    expect(settled).toEqual([4, 5, 6, 7]);
    expect([disk.count('write'), disk.count('sync')]).toEqual([before[0]! + 3, before[1]! + 3]);
    expect(commits.map(({ batches }) => batches)).toEqual([3, 1, 3]);
  });

  it('does not sync what needs no sync', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    await turn();
    await wal.append({ entries: [entry(1)], hardState: hard(1) }, true);
    const syncs = disk.count('sync');
    await wal.append({ commit: 1 }, false);
    expect(disk.count('sync')).toBe(syncs);
    disk.crash('lose');
    expect((await make().open()).hardState.commit).toBe(0);
  });

  it('allocates the next segment before it is needed, and never writes past what is allocated', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    await turn();
    expect(await disk.mount().list('wal')).toEqual(['0000000000000001.wal', 'next.tmp']);
    for (let index = 1; index <= 400; index++) {
      await wal.append({ entries: [entry(index, 500)], hardState: hard(1) }, true);
    }
    await turn();
    const names = await disk.mount().list('wal');
    expect(names.length).toBeGreaterThan(6);
    for (const name of names) expect(disk.peek(`wal/${name}`).byteLength, name).toBe(SEGMENT_BYTES);
    await wal.compact(390);
    await turn();
    expect((await disk.mount().list('wal')).length).toBeLessThanOrEqual(3);
    await wal.close();
  });

  it('gives a batch that is larger than a segment a segment of its own', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    const big = [entry(1, 10), entry(2, 100_000), entry(3, 10)];
    await wal.append({ entries: big, hardState: hard(1) }, true);
    await wal.append({ entries: [entry(4)] }, true);
    disk.crash('lose');
    const again = make();
    expect((await again.open()).lastIndex).toBe(4);
    expect(await again.read(2, 4, Infinity)).toEqual(big.slice(1));
    await again.close();
  });

  it('reads on while segments are compacted away', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const { make } = setup(
      ({ call }, complete) => void (holding && call === 'read' ? held.push(complete) : complete()),
    );
    const wal = make();
    await wal.open();
    for (let index = 1; index <= 200; index++)
      await wal.append({ entries: [entry(index, 500)], hardState: hard(1) }, true);
    holding = true;
    const reading = wal.read(10, 150, Infinity);
    await turn();
    await wal.compact(200);
    await turn();
    holding = false;
    held.forEach((complete) => complete());
    const found = await reading;
    expect(found).toEqual(Array.from({ length: 140 }, (_, i) => entry(i + 10, 500)));
    expect(await wal.read(10, 150, Infinity)).toBe('compacted');
    await wal.close();
  });

  for (const call of ['write', 'sync'] as const) {
    it(`takes nothing more after a failed ${call}, and recovers after a restart`, async () => {
      const { disk, make } = setup();
      const wal = make();
      await wal.open();
      await turn();
      await wal.append({ entries: [entry(1)], hardState: hard(1) }, true);
      disk.inject({ call });
      const failed = { code: 'log_failed', cause: expect.objectContaining({ code: 'EIO' }) };
      const both = [wal.append({ entries: [entry(2)] }, true), wal.append({ entries: [entry(3)] }, true)];
      for (const one of both) await expect(one).rejects.toMatchObject(failed);
      await expect(wal.append({ entries: [entry(2)] }, true)).rejects.toMatchObject(failed);
      await expect(wal.append({ commit: 1 }, false)).rejects.toMatchObject(failed);
      await expect(wal.read(1, 2, 1)).rejects.toMatchObject(failed);
      await expect(wal.compact(1)).rejects.toMatchObject(failed);
      await expect(wal.resume()).rejects.toMatchObject(failed);
      expect(wal.lane().failure).toMatchObject(failed);
      await wal.close();
      disk.crash();
      const again = make();
      expect((await again.open()).lastIndex).toBeGreaterThanOrEqual(1);
      await again.close();
    });
  }

  it('uses up what is reserved when the disk is full, refuses then, and goes on once there is room', async () => {
    const { disk, make } = setup(undefined, SEGMENT_BYTES * 3);
    const wal = make();
    await wal.open();
    await turn();
    expect(await wal.space()).toMatchObject({ level: 'low', freeBytes: SEGMENT_BYTES });
    let index = 0;
    let refusal: unknown;
    while (refusal === undefined && index < 1000) {
      try {
        await wal.append({ entries: [entry(index + 1, 500)], hardState: hard(1) }, true);
        index += 1;
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toMatchObject({ code: 'disk_full' });
    // What could not be allocated in full is given back.
    expect(await disk.mount().list('wal')).not.toContain('next.tmp');
    expect(index).toBeGreaterThan((SEGMENT_BYTES * 2.5) / 600);
    expect((await wal.space()).level).toBe('critical');
    await expect(wal.append({ entries: [entry(index + 1)] }, true)).rejects.toMatchObject({ code: 'disk_full' });
    await expect(wal.resume()).rejects.toMatchObject({ code: 'disk_full' });
    expect(wal.lane().failure).toBeUndefined();
    expect(await wal.read(index, index + 1, 1)).toHaveLength(1);
    // Compaction has room of its own, and frees a whole segment.
    await wal.compact(index);
    await turn();
    await wal.resume();
    await wal.append({ entries: [entry(index + 1)] }, true);
    disk.crash('lose');
    expect(await make().open()).toMatchObject({ lastIndex: index + 1, boundary: { index } });
  });

  it('reads and compacts behind an append that the full disk refuses', async () => {
    const { disk, make } = setup(undefined, SEGMENT_BYTES * 3);
    const wal = make();
    await wal.open();
    await turn();
    await wal.append({ entries: [entry(1, 500)], hardState: hard(1) }, true);
    let reasons: unknown[] = [];
    for (let next = 2; reasons.length === 0 && next < 1000; next += 2) {
      // In one stretch: they wait for each other.
      const appends = [];
      const others: Promise<unknown>[] = [];
      for (const index of [next, next + 1]) {
        appends.push(wal.append({ entries: [entry(index, 500)] }, true));
        others.push(wal.read(1, 2, 1));
      }
      others.push(wal.compact(0));
      const outcomes = await Promise.allSettled(appends);
      reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      await Promise.all(others);
    }
    expect(reasons[0]).toMatchObject({ code: 'disk_full' });
    const { lastIndex } = wal.state();
    await wal.compact(lastIndex);
    await turn();
    await wal.resume();
    await wal.append({ entries: [entry(lastIndex + 1)] }, true);
    disk.crash('lose');
    expect(await make().open()).toMatchObject({ lastIndex: lastIndex + 1, boundary: { index: lastIndex } });
  });

  it('compacts also when the last reserved byte is used', async () => {
    const { disk, make } = setup(undefined, SEGMENT_BYTES * 2);
    const wal = make();
    await wal.open();
    await turn();
    let index = 0;
    const append = (bytes: number): Promise<void> =>
      wal.append({ entries: [entry((index += 1), bytes)], hardState: hard(1) }, true);
    for (;;) {
      const { reservedBytes } = await wal.space();
      // Frame, flags, hard state, one run, the head of the entry: the record ends at the last byte.
      const rest = reservedBytes - 24 - 1 - 18 - 16 - 12 - 5;
      if (rest < 2000) {
        await append(rest);
        break;
      }
      await append(1000);
    }
    expect((await wal.space()).reservedBytes).toBe(0);
    await wal.compact(index);
    await turn();
    await wal.append({ entries: [entry(index + 1)] }, true);
    disk.crash('lose');
    expect(await make().open()).toMatchObject({ firstIndex: index + 1, lastIndex: index + 1 });
  });

  it('wipes what follows a torn record, so that nothing of it comes back behind the same record written again', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    await wal.append({ hardState: hard(1) }, true);
    const before = disk.peek('wal/0000000000000001.wal').findLastIndex((byte) => byte !== 0);
    await Promise.all([wal.append({ entries: [entry(1)] }, true), wal.append({ entries: [entry(2)] }, true)]);
    await wal.close();
    disk.corrupt('wal/0000000000000001.wal', before + 60);
    const second = make();
    expect((await second.open()).lastIndex).toBe(0);
    await second.append({ entries: [entry(1)] }, true);
    disk.crash('lose');
    expect((await make().open()).lastIndex).toBe(1);
  });

  it('leaves no gap when a segment cannot be deleted, and deletes it after a restart', async () => {
    const { disk, make } = setup();
    const wal = make();
    await wal.open();
    for (let index = 1; index <= 300; index++) {
      await wal.append({ entries: [entry(index, 500)], hardState: hard(1) }, true);
    }
    const names = (await disk.mount().list('wal')).filter((name) => name.endsWith('.wal'));
    disk.inject({ call: 'remove', path: names[1]! });
    await wal.compact(300);
    await turn();
    const left = (await disk.mount().list('wal')).filter((name) => name.endsWith('.wal'));
    expect(left).toEqual(names.slice(1));
    disk.crash();
    const again = make();
    expect((await again.open()).firstIndex).toBe(301);
    await turn();
    expect((await disk.mount().list('wal')).filter((name) => name.endsWith('.wal'))).toHaveLength(1);
    await again.close();
  });

  it('rejects everything behind a refused batch, so that no batch lands in its hole', async () => {
    const { make } = setup();
    const wal = make();
    await wal.open();
    await wal.append({ entries: [entry(1), entry(2)], hardState: hard(1) }, true);
    const gap = wal.append({ entries: [entry(4)] }, true);
    const lucky = wal.append({ entries: [entry(3)] }, true);
    await expect(gap).rejects.toBeInstanceOf(TypeError);
    await expect(lucky).rejects.toMatchObject({ code: 'log_refused' });
    await wal.append({ entries: [entry(3)] }, true);
    expect(wal.state().lastIndex).toBe(3);
    await wal.close();
  });

  it('bounds what may wait', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const { make } = setup((_call, complete) => void (holding ? held.push(complete) : complete()));
    const wal = make({ maxQueued: 4, maxQueuedBytes: 1000 });
    await wal.open();
    await turn();
    holding = true;
    const taken = [wal.append({ entries: [entry(1)], hardState: hard(1) }, true)];
    await turn();
    for (const index of [2, 3, 4, 5]) taken.push(wal.append({ entries: [entry(index)] }, true));
    await expect(wal.append({ entries: [entry(6)] }, true)).rejects.toMatchObject({ code: 'log_refused' });
    expect(wal.lane()).toMatchObject({ queued: 5 });
    await expect(wal.append({ entries: [entry(6)] }, true)).rejects.toMatchObject({ code: 'log_refused' });
    holding = false;
    held.splice(0).forEach((complete) => complete());
    await Promise.all(taken);
    await wal.resume();
    await wal.append({ entries: [entry(6)] }, true);
    await wal.close();
  });

  it('says since when the disk hangs', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const { make, clock } = setup(
      ({ call }, complete) => void (holding && call === 'sync' ? held.push(complete) : complete()),
    );
    const wal = make();
    await wal.open();
    await turn();
    expect(wal.lane()).toEqual({ queued: 0, queuedBytes: 0 });
    holding = true;
    const since = clock.monotonicMs();
    const appended = wal.append({ entries: [entry(1)], hardState: hard(1) }, true);
    await turn();
    expect(wal.lane()).toMatchObject({ queued: 1, busySinceMs: since });
    holding = false;
    held.forEach((complete) => complete());
    await appended;
    expect(wal.lane().busySinceMs).toBeUndefined();
    await wal.close();
  });

  it('refuses options that make no sense', () => {
    const { make } = setup();
    for (const options of [
      { segmentBytes: 1000 },
      { segmentBytes: 2 ** 31 },
      { groupBytes: 0 },
      { maxQueued: 1.5 },
      { segmentBytes: 16_385 },
    ]) {
      expect(() => make(options), JSON.stringify(options)).toThrow(TypeError);
    }
  });
});
