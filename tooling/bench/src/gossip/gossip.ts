import { setTimeout as pause } from 'node:timers/promises';
import { Keyring } from '@dkron/gossip/core';
import { PacketCodec } from '@dkron/gossip/net';
import { type Figure, median } from '../table.ts';
import { type FloodResult, flood } from './ping-flood.ts';
import { BenchProcess, hasSerf } from './peer.ts';

export interface GossipOptions {
  readonly rounds: number;
  /** How long each measurement of a rate lasts, and a tenth of what idling is watched for. */
  readonly measureMs: number;
}

const NET = 127;
const PORT = 18_946;
const KEY = Buffer.alloc(16, 0x41).toString('base64');
const PACKETS = 256;
const SETTLE_MS = 5000;

/** Idle processor time and the cost of answering, ours beside Debian's Serf and a bare socket. */
export async function gossipFigures({ rounds, measureMs }: GossipOptions): Promise<Figure[]> {
  if (!hasSerf()) {
    process.stdout.write("gossip: NOT RUN, Debian's `serf` is not here (apt-get install serf)\n");
    return [];
  }
  return [...(await idleFigures(measureMs * 10)), ...(await floodFigures(rounds, measureMs))];
}

async function idleFigures(forMs: number): Promise<Figure[]> {
  const [ours, serfs] = [await ourPool(3, {}), await serfPool(3, [])];
  try {
    await pause(SETTLE_MS);
    const all = [...ours, ...serfs];
    const before = all.map((one) => one.cpuNanos());
    await pause(forMs);
    const used = all.map((one, i) => (one.cpuNanos() - before[i]!) / forMs / 10_000);
    const [mine, theirs] = [median(used.slice(0, 3)), median(used.slice(3))];
    const name = "idle processor time of one of three, beside Debian's Serf";
    const ratio = mine / theirs;
    return [{ name, ours: percent(mine), floor: percent(theirs), ratio, target: '≤ 2', met: ratio <= 2 }];
  } finally {
    await endAll([...ours, ...serfs]);
  }
}

async function floodFigures(rounds: number, measureMs: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [kind, keys] of [
    ['plain', []],
    ['sealed', [KEY]],
  ] as const) {
    const targets = {
      ours: (await ourPool(1, { keys }))[0]!,
      serf: (
        await serfPool(
          1,
          keys.map((key) => `-encrypt=${key}`),
        )
      )[0]!,
      echo: await BenchProcess.fork('./echo.ts', { ip: `127.${NET}.9.1` }),
    };
    try {
      const results = { ours: [] as FloodResult[], serf: [] as FloodResult[], echo: [] as FloodResult[] };
      for (let round = 0; round < rounds; round++) {
        for (const name of ['ours', 'serf', 'echo'] as const) {
          results[name].push(await flood(targets[name], pings(name, keys), measureMs));
        }
      }
      figures.push(...figuresOf(kind, results));
    } finally {
      await endAll(Object.values(targets));
    }
  }
  return figures;
}

function figuresOf(
  kind: string,
  results: Readonly<Record<'ours' | 'serf' | 'echo', readonly FloodResult[]>>,
): Figure[] {
  const rate = (name: keyof typeof results): number => median(results[name].map(({ perSecond }) => perSecond));
  const cost = (name: keyof typeof results): number => median(results[name].map(({ cpuNanosEach }) => cpuNanosEach));
  const made = (name: string, ours: string, floor: string, ratio: number): Figure => {
    return { name, ours, floor, ratio, target: 'none', met: true };
  };
  return [
    made(
      `pings answered/s, ${kind}, beside Debian's Serf`,
      per(rate('ours')),
      per(rate('serf')),
      rate('ours') / rate('serf'),
    ),
    made(
      `processor time of a ping and its ack, ${kind}, beside Debian's Serf`,
      nanos(cost('ours')),
      nanos(cost('serf')),
      cost('ours') / cost('serf'),
    ),
    made(
      `the same, beside a socket that only sends back`,
      nanos(cost('ours')),
      nanos(cost('echo')),
      cost('ours') / cost('echo'),
    ),
  ];
}

function pings(node: string, keys: readonly string[]): Uint8Array[] {
  const codec = new PacketCodec({}, { keyring: new Keyring(keys.map((key) => Buffer.from(key, 'base64'))) });
  return Array.from({ length: PACKETS }, (_, seqNo) => {
    return codec.pack([codec.encode({ type: 'ping', node: `${node}-0`, seqNo })]);
  });
}

async function ourPool(count: number, options: { readonly keys?: readonly string[] }): Promise<BenchProcess[]> {
  const pool: BenchProcess[] = [];
  for (let i = 0; i < count; i++) {
    const join = pool[0] && `${pool[0].place.ip}:${pool[0].place.port}`;
    const place = { bindIp: `127.${NET}.1.${i + 1}`, bindPort: PORT };
    pool.push(await BenchProcess.fork('./member.ts', { join, options: { name: `ours-${i}`, ...place, ...options } }));
  }
  return pool;
}

async function serfPool(count: number, args: readonly string[]): Promise<BenchProcess[]> {
  const pool: BenchProcess[] = [];
  for (let i = 0; i < count; i++) {
    const join = i === 0 ? [] : [`-join=127.${NET}.2.1:${PORT}`];
    pool.push(await BenchProcess.serf(`serf-${i}`, { ip: `127.${NET}.2.${i + 1}`, port: PORT }, [...join, ...args]));
  }
  return pool;
}

async function endAll(processes: readonly BenchProcess[]): Promise<void> {
  await Promise.all(processes.map((one) => one.end()));
}

function percent(value: number): string {
  return `${value.toFixed(3)} %`;
}

function per(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

function nanos(value: number): string {
  return `${Math.round(value).toLocaleString('en')} ns`;
}
