import { silentLogger } from '@dkron/runtime';
import { MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { SnapshotMeta } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { FileSnapshots } from './file-snapshots.ts';
import type { StoredSnapshot } from './ports.ts';

const confState = { voters: ['a'], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
const meta = (index: number): SnapshotMeta => ({ index, term: 1, confState });

const open = (disk: SimDisk): FileSnapshots => new FileSnapshots({}, { disk: disk.mount(), logger: silentLogger });

async function save(
  snapshots: FileSnapshots,
  index: number,
  bytes = new Uint8Array(2000).fill(index),
): Promise<StoredSnapshot> {
  const sink = await snapshots.create(meta(index));
  await sink.write(bytes.subarray(0, 700));
  await sink.write(bytes.subarray(700));
  return sink.close();
}

describe('FileSnapshots', () => {
  it('is whole or absent after a crash at any call, and what was closed stays', async () => {
    let whole = 0;
    let absent = 0;
    let resumed = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const pending: (() => void)[] = [];
      let manual = false;
      const disk = new SimDisk(
        {},
        { random, completion: (_call, complete) => void (manual ? pending.push(complete) : complete()) },
      );
      await save(open(disk), 1);
      manual = true;
      let closed = false;
      save(open(disk), 2).then(
        () => (closed = true),
        () => {},
      );
      for (let left = random.nextInt(40); left > 0; left--) {
        for (let i = 0; i < 12; i++) await Promise.resolve();
        pending.shift()?.();
      }
      for (let i = 0; i < 12; i++) await Promise.resolve();
      disk.crash();
      manual = false;
      const found = (await open(disk).list()).map(({ index }) => index);
      expect(found.at(-1), `seed ${seed}`).toBe(1);
      if (closed) expect(found, `seed ${seed}`).toEqual([2, 1]);
      if (found.length === 2) whole += 1;
      else absent += 1;
      for (const { id } of await open(disk).list()) await open(disk).open(id);
      // Whatever is left over never blocks the next attempt, resumed or not.
      const sink = await open(disk).create(meta(2), { resume: true });
      if (sink.offset > 0) resumed += 1;
      await sink.cancel();
      await save(open(disk), 2);
      await open(disk).reap(1);
      expect(await disk.mount().list('snapshots'), `seed ${seed}`).toHaveLength(1);
    }
    console.log(JSON.stringify({ whole, absent, resumed }));
    expect(Math.min(whole, absent, resumed)).toBeGreaterThan(10);
  });

  it('a snapshot that a killed process left is there after a power failure, once it was listed', async () => {
    let kill = false;
    const disk: SimDisk = new SimDisk(
      {},
      {
        random: seededRandom(1),
        completion: ({ call, path }, complete) => {
          complete();
          if (kill && call === 'rename' && /\/tmp-[^/]+$/.test(path)) disk.killProcess();
        },
      },
    );
    await save(open(disk), 1);
    kill = true;
    void save(open(disk), 2);
    for (let i = 0; i < 100; i++) await Promise.resolve();
    kill = false;
    const indexes = async (): Promise<number[]> => (await open(disk).list()).map(({ index }) => index);
    expect(await indexes()).toEqual([2, 1]);
    disk.crash('lose');
    expect(await indexes()).toEqual([2, 1]);
  });

  it('refuses every single damaged byte, and falls back to an older one', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    await save(open(disk), 1);
    const { id } = await save(open(disk), 2);
    const state = disk.peek(`snapshots/${id}/state`);
    const stored = disk.peek(`snapshots/${id}/meta`);
    for (let at = 0; at < state.byteLength; at += 37) {
      disk.corrupt(`snapshots/${id}/state`, at, 1);
      await expect(open(disk).open(id)).rejects.toMatchObject({ code: 'snapshot_corrupt' });
      expect((await open(disk).openLatest())?.meta.index).toBe(1);
      disk.corrupt(`snapshots/${id}/state`, at, 1);
    }
    for (let at = 0; at < stored.byteLength; at++) {
      disk.corrupt(`snapshots/${id}/meta`, at, 1);
      expect(
        (await open(disk).list()).map(({ index }) => index),
        `meta byte ${at}`,
      ).toEqual([1]);
      expect((await open(disk).openLatest())?.meta.index).toBe(1);
      disk.corrupt(`snapshots/${id}/meta`, at, 1);
    }
    disk.poke(`snapshots/${id}/state`, state.subarray(0, 1999));
    await expect(open(disk).open(id)).rejects.toMatchObject({ code: 'snapshot_corrupt' });
    expect((await open(disk).openLatest())?.meta.index).toBe(1);
  });

  it('fails rather than pretend there is no snapshot when none is readable', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const { id } = await save(open(disk), 1);
    disk.corrupt(`snapshots/${id}/meta`, 3);
    await expect(open(disk).openLatest()).rejects.toMatchObject({ code: 'snapshot_corrupt' });
  });

  it('says once of each unreadable one that it is', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const { id } = await save(open(disk), 1);
    disk.corrupt(`snapshots/${id}/meta`, 3);
    const logger = new MemoryLogger();
    const snapshots = new FileSnapshots({}, { disk: disk.mount(), logger });
    for (let i = 0; i < 5; i++) {
      await snapshots.list();
      await snapshots.reap(1);
      await snapshots.openLatest().catch(() => {});
    }
    expect(logger.records.map(({ event }) => event)).toEqual([
      'snapshot skipped',
      'snapshot unreadable, trying an older one',
    ]);
  });

  it('says when the disk is full, and leaves room behind', async () => {
    const disk = new SimDisk({ capacityBytes: 3000 }, { random: seededRandom(1) });
    const snapshots = open(disk);
    await save(snapshots, 1);
    const sink = await snapshots.create(meta(2));
    await expect(sink.write(new Uint8Array(2000))).rejects.toMatchObject({ code: 'disk_full' });
    await expect(sink.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'disk_full' });
    await expect(sink.close()).rejects.toMatchObject({ code: 'disk_full' });
    await sink.cancel();
    expect(await snapshots.list()).toHaveLength(1);
    await save(snapshots, 2, new Uint8Array(100));
  });

  it('MissingParentDir: the folders above are made, durably', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const nested = (): FileSnapshots =>
      new FileSnapshots({ dir: 'raft/old/snapshots' }, { disk: disk.mount(), logger: silentLogger });
    expect(await nested().list()).toEqual([]);
    const { id } = await save(nested(), 1);
    disk.crash('lose');
    expect((await nested().list()).map((stored) => stored.id)).toEqual([id]);
  });

  it.each(['makeDir', 'open'] as const)(
    'BadPerm: where %s is not allowed, the caller is told, and nothing is left',
    async (call) => {
      const disk = new SimDisk({}, { random: seededRandom(1) });
      const snapshots = open(disk);
      const { id } = await save(snapshots, 1);
      disk.inject({ call, code: 'EACCES' });
      await expect(snapshots.create(meta(2))).rejects.toMatchObject({ code: 'EACCES' });
      expect((await snapshots.list()).map((stored) => stored.id)).toEqual([id]);
      // The same one may be tried again.
      await save(snapshots, 2);
      expect(await snapshots.list()).toHaveLength(2);
    },
  );

  it('takes a failed sync as the end of that snapshot', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const snapshots = open(disk);
    const sink = await snapshots.create(meta(1));
    await sink.write(new Uint8Array(100));
    disk.inject({ call: 'sync' });
    await expect(sink.close()).rejects.toMatchObject({ code: 'EIO' });
    await expect(sink.close()).rejects.toMatchObject({ code: 'EIO' });
    await sink.cancel();
    expect(await open(disk).list()).toEqual([]);
  });
});
