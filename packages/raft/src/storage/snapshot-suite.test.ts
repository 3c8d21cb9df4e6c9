import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { describe, it } from 'vitest';
import { SimDisk } from '../testing/sim-disk.ts';
import { snapshotStorageSuite } from '../testing/snapshot-storage-suite.ts';
import { FileSnapshots } from './file-snapshots.ts';
import { MemorySnapshots } from './memory-snapshots.ts';
import { nodeDisk } from './node-disk.ts';

snapshotStorageSuite('MemorySnapshots', { describe, it }, async () => ({
  make: () => new MemorySnapshots(),
  durable: false,
  dispose: async () => {},
}));

snapshotStorageSuite('FileSnapshots on the simulated disk', { describe, it }, async () => {
  const disk = new SimDisk({}, { random: seededRandom(7) });
  return {
    make: () => new FileSnapshots({}, { disk: disk.mount(), logger: silentLogger }),
    durable: true,
    dispose: async () => {},
  };
});

snapshotStorageSuite('FileSnapshots on the real disk', { describe, it }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raft-snapshots-'));
  return {
    make: () => new FileSnapshots({}, { disk: nodeDisk(folder), logger: silentLogger }),
    durable: true,
    dispose: () => rm(folder, { recursive: true }),
  };
});
