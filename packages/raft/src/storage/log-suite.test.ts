import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { systemClock } from '@dkron/runtime/system';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, it } from 'vitest';
import { logStorageSuite } from '../testing/log-storage-suite.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { MemoryLog } from './memory-log.ts';
import { nodeDisk } from './node-disk.ts';
import { SegmentedWal } from './wal.ts';

const segmentBytes = 32_768;

logStorageSuite('MemoryLog', { describe, it }, async () => {
  const medium = {};
  return { make: () => new MemoryLog(medium), dispose: async () => {} };
});

logStorageSuite('SegmentedWal on the simulated disk', { describe, it }, async () => {
  const disk = new SimDisk({}, { random: seededRandom(7) });
  return {
    make: () =>
      new SegmentedWal({ segmentBytes }, { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger }),
    crash: async () => disk.crash(),
    dispose: async () => {},
  };
});

logStorageSuite('SegmentedWal on the real disk', { describe, it }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raft-wal-'));
  return {
    make: () =>
      new SegmentedWal({ segmentBytes }, { disk: nodeDisk(folder), clock: systemClock, logger: silentLogger }),
    dispose: () => rm(folder, { recursive: true }),
  };
});
