import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { BlockingWrites } from './blocking-writes.ts';
import { SegmentedWal } from './wal.ts';

const entry = (index: number, bytes = 100): Entry => ({ index, term: 1, type: 0, data: new Uint8Array(bytes) });
const HARD = { term: 1, vote: '', commit: 0 };

interface Setup {
  readonly disk: SimDisk;
  readonly wal: SegmentedWal;
  readonly clock: ManualTime;
  /** Milliseconds that the next blocking write takes. */
  slowMs: number;
  /** Appends one entry and returns how often the event loop waited. */
  append(bytes?: number): Promise<number>;
}

async function setup(blockingWrites: 'auto' | 'never'): Promise<Setup> {
  const clock = new ManualTime();
  let offsetMs = 0;
  const real = clock.monotonicMs.bind(clock);
  clock.monotonicMs = () => real() + offsetMs;
  const disk = new SimDisk(
    { durableWrites: true },
    {
      random: seededRandom(1),
      completion: ({ call }, complete) => {
        if (call === 'writeDurableNow') offsetMs += made.slowMs;
        complete();
      },
    },
  );
  const wal = new SegmentedWal(
    { segmentBytes: 65_536, blockingWrites },
    { disk: disk.mount(), clock, logger: silentLogger },
  );
  let index = 0;
  const made: Setup = {
    disk,
    wal,
    clock,
    slowMs: 0,
    append: async (bytes) => {
      index += 1;
      await wal.append({ entries: [entry(index, bytes)], ...(index === 1 ? { hardState: HARD } : {}) }, true);
      return disk.count('writeDurableNow');
    },
  };
  await wal.open();
  for (let i = 0; i < 64; i++) await made.append();
  return made;
}

describe('SegmentedWal, blocking writes', () => {
  it('waits for the disk where it was quick for long, for one small entry at a time, and it is durable then', async () => {
    const { disk, wal, append } = await setup('auto');
    expect(wal.blocks).toBe(true);
    expect(await append()).toBe(1);
    expect(await append()).toBe(2);
    expect(await append(5000)).toBe(2);
    await Promise.all([append(), append()]);
    expect(disk.count('writeDurableNow')).toBe(2);
    disk.crash('lose');
    const again = new SegmentedWal(
      { segmentBytes: 65_536 },
      { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger },
    );
    expect((await again.open()).lastIndex).toBe(69);
  });

  it('does not for a while after a slow one', async () => {
    const made = await setup('auto');
    made.slowMs = 6;
    expect(await made.append()).toBe(1);
    made.slowMs = 0;
    expect(made.wal.blocks).toBe(false);
    for (let i = 0; i < 200; i++) expect(await made.append()).toBe(1);
    await made.clock.advance(300);
    expect(await made.append()).toBe(2);
  });

  it('never by default', async () => {
    const { wal, append } = await setup('never');
    expect(wal.blocks).toBe(false);
    expect(await append()).toBe(0);
  });

  it('a failed one is the end of the log', async () => {
    const { disk, append } = await setup('auto');
    disk.inject({ call: 'writeDurableNow' });
    await expect(append()).rejects.toMatchObject({ code: 'log_failed' });
    await expect(append()).rejects.toMatchObject({ code: 'log_failed' });
  });
});

describe('BlockingWrites', () => {
  function make() {
    const clock = new ManualTime();
    const policy = new BlockingWrites({ clock });
    const quickUntilAllowed = (): number => {
      let count = 0;
      for (; !policy.allowed && count < 1000; count++) policy.observe(0.5, false);
      return count;
    };
    return { clock, policy, quickUntilAllowed };
  }

  it('waits after 64 quick writes, for small batches', () => {
    const { policy, quickUntilAllowed } = make();
    expect(quickUntilAllowed()).toBe(64);
    expect([policy.takes(0), policy.takes(4096), policy.takes(4097)]).toEqual([false, true, false]);
  });

  it('pauses 50 times as long as a slow write held up the event loop, however often, and then wants quick ones again', async () => {
    const { clock, policy, quickUntilAllowed } = make();
    quickUntilAllowed();
    for (const slowMs of [20, 20, 300, 6]) {
      policy.observe(slowMs, true);
      await clock.advance(50 * slowMs - 1);
      expect(quickUntilAllowed()).toBe(1000);
      await clock.advance(1);
      expect(policy.allowed).toBe(true);
    }
    policy.observe(30_000, true);
    await clock.advance(50 * 30_000);
    expect(quickUntilAllowed()).toBe(64);
  });

  it.each([
    { slowMs: 2, every: 20, blocking: false, allowed: true },
    { slowMs: 2, every: 16, blocking: false, allowed: false },
    { slowMs: 4, every: 20, blocking: true, allowed: true },
    { slowMs: 4, every: 16, blocking: true, allowed: false },
  ])('one of $every writes slow, $slowMs ms, blocking $blocking: $allowed', ({ slowMs, every, blocking, allowed }) => {
    const { policy, quickUntilAllowed } = make();
    if (blocking) quickUntilAllowed();
    for (let i = 1; i <= 20_000; i++) policy.observe(i % every === 0 ? slowMs : 0.3, blocking);
    expect(policy.allowed).toBe(allowed);
  });
});
