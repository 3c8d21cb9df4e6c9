import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { SimDisk } from '../testing/sim-disk.ts';
import type { Disk } from './disk.ts';
import { SegmentedWal } from './wal.ts';

/** A disk that writes and syncs in one call, and tells in which order what was called. */
function recorded(disk: Disk): { readonly disk: Disk; readonly calls: string[] } {
  const calls: string[] = [];
  const open: Disk['open'] = async (path, options) => {
    const file = await disk.open(path, options);
    return {
      size: () => file.size(),
      read: (offset, length) => file.read(offset, length),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
      write: (bytes, offset) => {
        calls.push('write');
        return file.write(bytes, offset);
      },
      sync: () => {
        calls.push('sync');
        return file.sync();
      },
      writeDurable: async (bytes, offset) => {
        calls.push('writeDurable');
        await file.write(bytes, offset);
        await file.sync();
      },
    };
  };
  return {
    calls,
    disk: {
      open,
      rename: (from, to) => disk.rename(from, to),
      remove: (path) => disk.remove(path),
      removeDir: (path) => disk.removeDir(path),
      makeDir: (path) => disk.makeDir(path),
      list: (path) => disk.list(path),
      syncDir: (path) => disk.syncDir(path),
      freeBytes: (path) => disk.freeBytes(path),
    },
  };
}

it('writes a synced batch in one call, but never leaves an unsynced one before it behind', async () => {
  const medium = new SimDisk({}, { random: seededRandom(1) });
  const { disk, calls } = recorded(medium.mount());
  const modules = { clock: new ManualTime(), logger: silentLogger };
  const wal = new SegmentedWal({ segmentBytes: 16_384 }, { ...modules, disk });
  await wal.open();
  const entry = (index: number) => ({ term: 1, index, type: 0 as const, data: new Uint8Array(9) });
  // The spare segment is written beside; its calls must not be mistaken for those of the log.
  for (let seen = -1; seen !== calls.length; await new Promise(setImmediate)) seen = calls.length;
  calls.length = 0;

  await wal.append({ hardState: { term: 1, vote: 'a', commit: 0 }, entries: [entry(1)] }, true);
  expect(calls).toEqual(['writeDurable']);
  calls.length = 0;
  await wal.append({ commit: 1 }, false);
  await wal.append({ entries: [entry(2)] }, true);
  expect(calls).toEqual(['write', 'write', 'sync']);
  calls.length = 0;
  await wal.append({ entries: [entry(3)] }, true);
  expect(calls).toEqual(['writeDurable']);

  medium.crash('lose');
  const again = new SegmentedWal({ segmentBytes: 16_384 }, { ...modules, disk: medium.mount() });
  expect((await again.open()).lastIndex).toBe(3);
  await again.close();
});
