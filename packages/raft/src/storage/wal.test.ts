import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { SegmentedWal } from './wal.ts';

const entry = (index: number, term = 1, text = `e${index}`): Entry => ({
  index,
  term,
  type: 0,
  data: new TextEncoder().encode(text),
});
describe('SegmentedWal', () => {
  it('reads back', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const make = (): SegmentedWal =>
      new SegmentedWal({ segmentBytes: 16384 }, { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger });
    let wal = make();
    await wal.open();
    await wal.append({ entries: [entry(1), entry(2)], hardState: { term: 1, vote: 'a', commit: 0 } }, true);
    expect((await wal.read(1, 3, 1000)).length).toBe(2);
    disk.crash();
    wal = make();
    expect(await wal.open()).toMatchObject({ lastIndex: 2 });
    for (let i = 3; i < 3000; i++) await wal.append({ entries: [entry(i)] }, true);
    await wal.compact(2500);
    disk.crash();
    wal = make();
    expect(await wal.open()).toMatchObject({ lastIndex: 2999, firstIndex: 2501 });
    expect((await wal.read(2600, 2700, 100000)).length).toBe(100);
    await wal.close();
    console.log(await disk.mount().list('wal'));
  });
});
