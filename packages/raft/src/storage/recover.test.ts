import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { summarizeEntries } from './entry-batch.ts';
import { changeBytes, typeOf, writeChange } from './log-record.ts';
import type { LogChange } from './log-record.ts';
import { EMPTY_STATE } from './log-shape.ts';
import { FRAME_BYTES, peekFrame, sealRecord } from './record.ts';
import { decodeHeader } from './segment-header.ts';
import { SegmentedWal } from './wal.ts';

/** Goal: the checks of raft.md 2.18 that a checksum cannot make. Method: records with good checksums that lie. */
const path = 'wal/0000000000000001.wal';
const entry = (index: number, term = 1): Entry => ({ index, term, type: 0, data: new Uint8Array(20) });

function open(disk: SimDisk): SegmentedWal {
  return new SegmentedWal(
    { segmentBytes: 16_384 },
    { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger },
  );
}

async function logOfThree(): Promise<SimDisk> {
  const disk = new SimDisk({}, { random: seededRandom(1) });
  const wal = open(disk);
  await wal.open();
  await wal.append({ entries: [1, 2, 3].map((i) => entry(i)), hardState: { term: 2, vote: 'a', commit: 2 } }, true);
  await wal.close();
  return disk;
}

/** Puts a record behind the last one, with frame, chain and checksum as the log would write them. */
function forge(disk: SimDisk, change: LogChange, entries: readonly Entry[] = [], chain?: number): void {
  const bytes = disk.peek(path);
  const header = decodeHeader(bytes);
  if (header === 'damaged' || !('salt' in header)) throw new Error('no header');
  let at = 512;
  let previous = 0;
  for (let frame = peekFrame(bytes, at, 0); frame !== undefined; frame = peekFrame(bytes, at, 0)) {
    previous = frame.crc;
    at = frame.end;
  }
  writeChange(change, entries, bytes, at + FRAME_BYTES);
  sealRecord(bytes, at, typeOf(change), changeBytes(change), {
    salt: header.salt,
    previous: chain ?? previous,
    synced: at,
    offset: at,
  });
  disk.poke(path, bytes);
}

const batchOf = (entries: readonly Entry[], over: object = {}): LogChange => ({
  kind: 'append',
  batch: { entries: summarizeEntries(entries), ...over },
});

describe('recovery of a log with good checksums', () => {
  it('takes a forged record that continues the log', async () => {
    const disk = await logOfThree();
    forge(disk, batchOf([entry(4, 2)]), [entry(4, 2)]);
    expect((await open(disk).open()).lastIndex).toBe(4);
  });

  it('refuses a record that continues another one', async () => {
    const disk = await logOfThree();
    forge(disk, batchOf([entry(4, 2)]), [entry(4, 2)], 12_345);
    const wal = open(disk);
    await expect(wal.open()).rejects.toMatchObject({
      code: 'log_corrupt',
      details: { why: 'a record before it is missing' },
    });
    await wal.close();
  });

  const lies: [string, LogChange, Entry[]?][] = [
    ['a gap', batchOf([entry(5)]), [entry(5)]],
    ['a falling term', batchOf([entry(4, 1), entry(5, 2)], { truncateFrom: 2 }), [entry(4, 1), entry(5, 2)]],
    ['an entry above the term', batchOf([entry(4, 3)]), [entry(4, 3)]],
    ['a commit behind the last entry', { kind: 'append', batch: { hardState: { term: 2, vote: 'a', commit: 4 } } }],
    ['a lower commit', { kind: 'append', batch: { commit: 1 } }],
    ['a lower term', { kind: 'append', batch: { hardState: { term: 1, vote: 'a', commit: 2 } } }],
    ['another vote in the same term', { kind: 'append', batch: { hardState: { term: 2, vote: 'b', commit: 2 } } }],
    ['a truncation below the commit', { kind: 'append', batch: { truncateFrom: 2 } }],
    ['a compaction with another term', { kind: 'compact', boundary: { index: 2, term: 2 } }],
    ['a compaction beyond the last entry', { kind: 'compact', boundary: { index: 9, term: 1 } }],
    ['a second base record', { kind: 'base', state: EMPTY_STATE }],
  ];
  for (const [what, change, entries] of lies) {
    it(`refuses ${what}`, async () => {
      const disk = await logOfThree();
      forge(disk, change, entries);
      const wal = open(disk);
      await expect(wal.open()).rejects.toMatchObject({ code: 'log_corrupt', details: { path } });
      await wal.close();
    });
  }

  it('takes no copy of a record at another place for a record', async () => {
    const disk = await logOfThree();
    const longer = await logOfThree();
    const wal = open(longer);
    await wal.open();
    for (let index = 4; index < 40; index++) await wal.append({ entries: [entry(index, 2)] }, true);
    await wal.close();
    const bytes = longer.peek(path);
    let last = peekFrame(bytes, 512, 0)!;
    for (let next = peekFrame(bytes, last.end, 0); next !== undefined; next = peekFrame(bytes, last.end, 0))
      last = next;
    const changed = disk.peek(path);
    const copy = bytes.subarray(last.offset, last.end);
    changed.set(copy, last.offset + 1024);
    disk.poke(path, changed);
    // At its own place it would attest that what lies before it was durable; here it is the torn end it looks like.
    expect((await open(disk).open()).lastIndex).toBe(3);
    expect(
      disk
        .peek(path)
        .subarray(last.offset - 1024, last.end)
        .every((byte) => byte === 0),
    ).toBe(true);
    changed.set(copy, last.offset);
    disk.poke(path, changed);
    await expect(open(disk).open()).rejects.toMatchObject({ code: 'log_corrupt' });
  });

  it('looks through a segment that is larger than its window', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const options = { segmentBytes: 3 << 20 };
    const make = (mount = disk.mount()): SegmentedWal =>
      new SegmentedWal(options, { disk: mount, clock: new ManualTime(), logger: silentLogger });
    const wal = make();
    await wal.open();
    const entries = Array.from({ length: 30 }, (_, i): Entry => {
      const data = new Uint8Array(i % 3 === 0 ? 0 : 40_000 + i * 500).fill(i);
      return { ...entry(i + 1), data };
    });
    // The one before the last is larger than the window itself.
    entries[28] = { ...entry(29), data: new Uint8Array(1_200_000).fill(29) };
    await wal.append({ hardState: { term: 1, vote: '', commit: 0 } }, true);
    for (const one of entries) await wal.append({ entries: [one] }, true);
    await wal.close();
    disk.crash('lose');
    const places: number[] = [];
    const bytes = disk.peek(path);
    for (let at = 512, frame = peekFrame(bytes, at, 0); frame !== undefined; frame = peekFrame(bytes, at, 0)) {
      places.push(at);
      at = frame.end;
    }
    const again = make();
    await again.open();
    expect(await again.read(1, 31, Infinity)).toEqual(entries);
    for (const [i, place] of places.entries()) {
      if (i % 7 !== 0 && i < places.length - 3) continue;
      const copy = disk.clone({ random: seededRandom(i) });
      copy.corrupt(path, place + 30);
      const damaged = make(copy.mount());
      if (i === places.length - 1) expect((await damaged.open()).lastIndex).toBe(29);
      else await expect(damaged.open(), `record ${i}`).rejects.toMatchObject({ code: 'log_corrupt' });
    }
    for (let shift = 0; shift < 9; shift++) {
      // All that is left behind the damage is one record, at every place around the edge of the window.
      const copy = disk.clone({ random: seededRandom(shift) });
      forgeAt(copy, places[3]!, places[3]! + (1 << 20) - 48 + shift * 8);
      await expect(make(copy.mount()).open(), `shift ${shift}`).rejects.toMatchObject({ code: 'log_corrupt' });
    }
    await again.close();
  });
});

/** Wipes everything from `damage` on but for one intact record at `place` that says all before it was durable. */
function forgeAt(disk: SimDisk, damage: number, place: number): void {
  const bytes = disk.peek(path);
  const header = decodeHeader(bytes);
  if (header === 'damaged' || !('salt' in header)) throw new Error('no header');
  bytes.fill(0, damage);
  const change: LogChange = { kind: 'append', batch: { commit: 1 } };
  writeChange(change, [], bytes, place + FRAME_BYTES);
  const where = { salt: header.salt, previous: 1, synced: place, offset: place };
  sealRecord(bytes, place, typeOf(change), changeBytes(change), where);
  disk.poke(path, bytes);
}
