/**
 * Entries per second and commit latency of the write-ahead log against the floor: one write and one fdatasync of as many
 * bytes on a preallocated file. Both run in turns in one process, so the ratio is worth more than either figure.
 *
 *     npm run -s node -- --conditions=@dkron/source packages/raft/bench/wal.ts [milliseconds per case] [rounds] [folder]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, loadavg } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { systemClock } from '@dkron/runtime/system';
import type { Entry } from '@dkron/raft';
import { nodeDisk, SegmentedWal } from '@dkron/raft/storage';
import type { Disk } from '@dkron/raft/storage';

const [caseMs = 400, rounds = 3] = process.argv.slice(2, 4).map(Number);
const DATA_BYTES = 256;
const BATCHES = [1, 16, 64, 256, 1024];
const SEGMENT_BYTES = 64 << 20;

interface Sample {
  readonly entriesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of this process, all threads. */
  readonly cpuMicrosPerEntry: number;
}

const root = await mkdtemp(join(process.argv[4] ?? tmpdir(), 'wal-bench-'));
const disk = nodeDisk(root);
const data = new Uint8Array(DATA_BYTES).fill(7);

async function measure(batch: number, once: () => Promise<void>): Promise<Sample> {
  for (let i = 0; i < 20; i++) await once();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let now = start;
  while (now - start < caseMs) {
    await once();
    const end = performance.now();
    latencies.push(end - now);
    now = end;
  }
  const { user, system } = process.cpuUsage(cpu);
  const entries = latencies.length * batch;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return {
    entriesPerSecond: (entries * 1000) / (now - start),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMicrosPerEntry: (user + system) / entries,
  };
}

/** The floor: bytes of the same amount, nothing computed. Starts over at the end of the file. */
async function bare(on: Disk, batch: number): Promise<Sample> {
  const name = `bare-${batch}`;
  const file = await on.open(name, { create: true });
  const zeros = new Uint8Array(1 << 20);
  for (let at = 0; at < SEGMENT_BYTES; at += zeros.byteLength) await file.write(zeros, at);
  await file.sync();
  const bytes = new Uint8Array(batch * (DATA_BYTES + 5) + 64);
  let at = 0;
  const sample = await measure(batch, async () => {
    if (at + bytes.byteLength > SEGMENT_BYTES) at = 0;
    await file.write(bytes, at);
    await file.sync();
    at += bytes.byteLength;
  });
  await file.close();
  await on.remove(name);
  return sample;
}

async function wal(on: Disk, batch: number, inFlight: number): Promise<Sample> {
  const dir = `wal-${batch}-${inFlight}`;
  const log = new SegmentedWal(
    { dir, segmentBytes: SEGMENT_BYTES },
    { disk: on, clock: systemClock, logger: silentLogger },
  );
  await log.open();
  await log.append({ hardState: { term: 1, vote: '', commit: 0 } }, true);
  // The second segment is allocated in the background: that is not what is measured here.
  while ((await log.space()).reservedBytes < SEGMENT_BYTES * 1.5)
    await new Promise((resolve) => setTimeout(resolve, 5));
  let next = 1;
  const once = (): Promise<void> => {
    const entries: Entry[] = [];
    for (let i = 0; i < batch; i++) entries.push({ term: 1, index: next + i, type: 0, data });
    next += batch;
    return log.append({ entries }, true);
  };
  const appends =
    inFlight === 1 ? once : async (): Promise<void> => void (await Promise.all(Array.from({ length: inFlight }, once)));
  const sample = await measure(batch * inFlight, async () => {
    await appends();
    if (next % 500_000 < batch * inFlight) await log.compact(next - 1);
  });
  await log.close();
  await rm(join(root, dir), { recursive: true });
  return sample;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function row(name: string, floor: readonly Sample[], ours: readonly Sample[]): void {
  const ratios = ours.map((sample, i) => sample.entriesPerSecond / floor[i]!.entriesPerSecond);
  const of = (samples: readonly Sample[], key: keyof Sample): number => median(samples.map((sample) => sample[key]));
  const cells = [
    name,
    Math.round(of(floor, 'entriesPerSecond')),
    Math.round(of(ours, 'entriesPerSecond')),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    `${of(floor, 'p50Ms').toFixed(3)} / ${of(ours, 'p50Ms').toFixed(3)}`,
    `${of(floor, 'p99Ms').toFixed(3)} / ${of(ours, 'p99Ms').toFixed(3)}`,
    `${of(floor, 'cpuMicrosPerEntry').toFixed(2)} / ${of(ours, 'cpuMicrosPerEntry').toFixed(2)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

console.log(
  `${DATA_BYTES} B entries, ${caseMs} ms per case, ${rounds} rounds in turns, load ${loadavg()[0]!.toFixed(2)}, ${root}`,
);
console.log(
  '| entries per append | floor/s | log/s | ratio (range) | p50 ms floor / log | p99 ms floor / log | CPU µs/entry floor / log |',
);
console.log('|---|---|---|---|---|---|---|');
for (const [batch, inFlight] of [...BATCHES.map((size) => [size, 1] as const), [1, 64] as const]) {
  const floor: Sample[] = [];
  const ours: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    floor.push(await bare(disk, batch * inFlight));
    ours.push(await wal(disk, batch, inFlight));
  }
  row(inFlight === 1 ? String(batch) : `${batch}, ${inFlight} in flight`, floor, ours);
}
await rm(root, { recursive: true });
