import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../core/types.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import type { LogState } from './ports.ts';
import { recordBytes } from './record.ts';
import { SegmentedWal } from './wal.ts';

/**
 * Goal: raft.md 2.18, shown byte by byte. The last record, cut or corrupted anywhere: the log opens without it, whole
 * otherwise, and goes on. Anything before it: refused with `log_corrupt`, never a shorter log. Every case runs on a copy
 * of the same three-segment log.
 */
const SEGMENT_BYTES = 16_384;
const LAST = 60;
const random = seededRandom(42);
const datas = Array.from({ length: LAST + 2 }, (_, i) => seededRandom(i).bytes(i === LAST ? 300 : 500 + (i % 7) * 50));
const dataOf = (index: number): Uint8Array => datas[index]!;
const entry = (index: number): Entry => ({ index, term: 1 + Math.floor(index / 25), type: 0, data: dataOf(index) });

function open(disk: SimDisk): SegmentedWal {
  const modules = { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger };
  return new SegmentedWal({ segmentBytes: SEGMENT_BYTES }, modules);
}

const original = new SimDisk({}, { random });
const copy = (): SimDisk => original.clone({ random });
let names: string[] = [];
/** Where each record of each segment begins and ends; the base record is the first. */
const records = new Map<string, { readonly start: number; readonly end: number }[]>();
let lastName = '';
let last = { start: 0, end: 0 };

beforeAll(async () => {
  const wal = open(original);
  await wal.open();
  await wal.append({ hardState: { term: 4, vote: 'a', commit: 0 } }, true);
  for (let index = 1; index <= LAST; index++) await wal.append({ entries: [entry(index)], commit: index - 1 }, true);
  await wal.close();
  original.crash('lose');
  names = (await original.mount().list('wal')).filter((name) => name.endsWith('.wal'));
  for (const name of names) records.set(name, recordsOf(original.peek(`wal/${name}`)));
  lastName = names.at(-1)!;
  last = records.get(lastName)!.at(-1)!;
});

/** Walks the lengths, as the format describes them. */
function recordsOf(bytes: Uint8Array): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 512; start + 24 <= bytes.byteLength && view.getUint32(start + 12, true) !== 0;) {
    const end = start + recordBytes(view.getUint32(start, true));
    found.push({ start, end });
    start = end;
  }
  return found;
}

/** Opens, reads all, appends one, opens again: what a recovered log must be able to do. */
async function opened(disk: SimDisk): Promise<LogState> {
  const wal = open(disk);
  const state = await wal.open();
  const entries = (await wal.read(1, state.lastIndex + 1, Infinity)) as Entry[];
  expect(entries.length).toBe(state.lastIndex);
  for (const found of entries) {
    if (Buffer.compare(found.data, dataOf(found.index)) !== 0) throw new Error(`entry ${found.index} has other bytes`);
  }
  await wal.append({ entries: [{ ...entry(state.lastIndex + 1), term: 4 }] }, true);
  disk.crash('lose');
  const again = open(disk);
  expect((await again.open()).lastIndex).toBe(state.lastIndex + 1);
  await again.close();
  return state;
}

async function refused(disk: SimDisk): Promise<string> {
  const wal = open(disk);
  try {
    const state = await wal.open();
    throw new Error(`opened with last index ${state.lastIndex}`);
  } catch (error) {
    expect(error).toMatchObject({ code: 'log_corrupt' });
    expect((error as Error).message).toContain('must not vote');
    return (error as { details: { why: string } }).details.why;
  } finally {
    await wal.close();
  }
}

describe('a damaged write-ahead log', { timeout: 120_000 }, () => {
  it('was written as three segments or more', async () => {
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(last.end - last.start).toBeGreaterThan(300);
    expect((await opened(copy())).lastIndex).toBe(LAST);
  });

  it('shown 4: cut at every byte of its last record, it recovers without it', async () => {
    let cuts = 0;
    const bytes = original.peek(`wal/${lastName}`);
    for (let at = last.start; at < last.end - 8; at++) {
      const disk = copy();
      // Half of the cuts as a shorter file, half as zeros up to the end of the segment.
      const cut = at % 2 === 0 ? bytes.slice(0, at) : bytes.slice().fill(0, at);
      disk.poke(`wal/${lastName}`, cut);
      // Zeros at the end of the record's payload may be its own: then nothing was cut.
      const whole =
        Buffer.compare(Buffer.concat([cut, new Uint8Array(bytes.byteLength - cut.byteLength)]), bytes) === 0;
      expect((await opened(disk)).lastIndex, `cut at ${at - last.start}`).toBe(whole ? LAST : LAST - 1);
      expect(disk.peek(`wal/${lastName}`).byteLength, `size after the cut at ${at - last.start}`).toBe(SEGMENT_BYTES);
      cuts += 1;
    }
    console.log(`last record cut at ${cuts} places: recovered each time`);
  });

  it('shown 4: corrupted at every byte of its last record, it recovers without it', async () => {
    let corrupted = 0;
    const padding = last.end - ((last.end - last.start) % 8);
    for (let at = last.start; at < padding; at++) {
      for (const mask of [1 + random.nextInt(255)]) {
        const disk = copy();
        disk.corrupt(`wal/${lastName}`, at, mask);
        const { lastIndex } = await opened(disk);
        // Padding is not part of the record: damage there loses nothing.
        const payloadEnd =
          last.start + 24 + new DataView(original.peek(`wal/${lastName}`).buffer).getUint32(last.start, true);
        expect(lastIndex, `byte ${at - last.start}, mask ${mask}`).toBe(at >= payloadEnd ? LAST : LAST - 1);
        corrupted += 1;
      }
    }
    console.log(`last record corrupted ${corrupted} times: recovered each time`);
  });

  it('shown 4: corrupted at random places before it, it refuses', async () => {
    const reasons = new Map<string, number>();
    let refusals = 0;
    for (let i = 0; i < 2000; i++) {
      const name = names[random.nextInt(names.length)]!;
      const found = records.get(name)!;
      // Up to, not including, the last record of the log; padding and unused header bytes carry nothing.
      const part =
        random.nextInt(10) === 0
          ? { start: 0, end: 50 }
          : found[random.nextInt(found.length - (name === lastName ? 1 : 0))]!;
      const payloadEnd = part.start === 0 ? 50 : part.start + 24 + payloadBytes(name, part.start);
      const at = part.start + random.nextInt(payloadEnd - part.start);
      const disk = copy();
      disk.corrupt(`wal/${name}`, at, 1 + random.nextInt(255));
      const why = await refused(disk);
      reasons.set(why.replaceAll(/wal\/\d+/gu, 'wal/n'), (reasons.get(why.replaceAll(/wal\/\d+/gu, 'wal/n')) ?? 0) + 1);
      refusals += 1;
    }
    expect(refusals).toBe(2000);
    console.log(
      `corrupted at ${refusals} places before the last record: refused each time`,
      Object.fromEntries(reasons),
    );
  });

  it('shown 4: a sector of zeros, or of another record, anywhere before the last record is refused', async () => {
    let refusals = 0;
    for (const name of names) {
      const bytes = original.peek(`wal/${name}`);
      const end = name === lastName ? last.start : records.get(name)!.at(-1)!.end;
      for (let sector = 0; sector + 512 <= end; sector += 512) {
        for (const from of [undefined, 512 * random.nextInt(Math.floor(end / 512))]) {
          const changed = bytes.slice();
          if (from === undefined) changed.fill(0, sector, sector + 512);
          else changed.copyWithin(sector, from, from + 512);
          if (Buffer.compare(changed, bytes) === 0) continue;
          const disk = copy();
          disk.poke(`wal/${name}`, changed);
          await refused(disk);
          refusals += 1;
        }
      }
    }
    expect(refusals).toBeGreaterThan(100);
    console.log(`${refusals} lost or misdirected sectors: refused each time`);
  });

  it('refuses when any segment but the last is missing, cut, or swapped', async () => {
    expect(names.length).toBeGreaterThan(2);
    for (const name of names.slice(0, -1)) {
      const gone = copy();
      await gone.mount().remove(`wal/${name}`);
      await refused(gone);
      const cut = copy();
      cut.poke(`wal/${name}`, original.peek(`wal/${name}`).slice(0, 5000));
      await refused(cut);
      const swapped = copy();
      swapped.poke(`wal/${name}`, original.peek(`wal/${lastName}`));
      await refused(swapped);
    }
  });

  it('refuses a write that went astray over older records, as long as one behind it is intact', async () => {
    let refusals = 0;
    for (let i = 0; i < 50; i++) {
      const disk = copy();
      const wal = open(disk);
      await wal.open();
      await wal.append({ commit: LAST }, true);
      disk.inject({
        call: 'write',
        path: lastName,
        misdirectTo: 512 + 8 * random.nextInt(Math.floor((last.start - 2500) / 8)),
      });
      await wal.append({ entries: [{ ...entry(LAST + 1), term: 4 }] }, true);
      disk.crash('lose');
      await refused(disk);
      refusals += 1;
    }
    expect(refusals).toBe(50);
  });

  it('tells a log of another cluster and of another version', async () => {
    const disk = new SimDisk({}, { random });
    const modules = { disk: disk.mount(), clock: new ManualTime(), logger: silentLogger };
    const ours = new SegmentedWal({ segmentBytes: SEGMENT_BYTES, clusterId: 'one' }, modules);
    await ours.open();
    await ours.close();
    const theirs = new SegmentedWal({ segmentBytes: SEGMENT_BYTES, clusterId: 'two' }, modules);
    await expect(theirs.open()).rejects.toMatchObject({
      code: 'log_foreign',
      details: { found: 'one', expected: 'two' },
    });
    const unknown = new SegmentedWal({ segmentBytes: SEGMENT_BYTES }, modules);
    await unknown.open();
    await unknown.close();
    const missing = new SegmentedWal({ dir: 'other', requireExisting: true }, modules);
    await expect(missing.open()).rejects.toMatchObject({ code: 'log_missing' });
  });

  it('refuses to read back a record that went bad while it was open', async () => {
    const disk = copy();
    const wal = open(disk);
    await wal.open();
    disk.corrupt(`wal/${names[0]}`, records.get(names[0]!)![3]!.start + 30);
    await expect(wal.read(1, 11, Infinity)).rejects.toMatchObject({ code: 'log_corrupt' });
    await expect(wal.append({ commit: LAST }, true)).rejects.toMatchObject({ code: 'log_failed' });
    await wal.close();
  });
});

function payloadBytes(name: string, start: number): number {
  const bytes = original.peek(`wal/${name}`);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(start, true);
}
