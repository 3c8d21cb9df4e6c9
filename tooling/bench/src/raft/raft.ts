/** Our consensus beside etcd's, three servers each: see README. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../table.ts';
import { median } from '../table.ts';
import { EtcdCluster } from './etcd-cluster.ts';
import { h2load } from './h2load.ts';
import { OurCluster } from './our-cluster.ts';
import type { LoadOrder, LoadResult } from './proposers.ts';
import type { Sample, Subject } from './sample.ts';
import { describe, medianOf, sample } from './sample.ts';
import { tracedSyncs } from './traced-syncs.ts';

const BYTES = 300;
const SATURATED = 512;
/** Of each kind of load before anything counts, but in quick runs. */
const WARM_UP_COMMITS = 20_000;
const WARM_UP_FROM_MS = 3_000;
const SLOW_SYNC_MS = 2;
/** At least the syncs that a majority makes for a commit that comes alone. */
const MAJORITY = 2;

export interface RaftBenchOptions {
  readonly rounds: number;
  readonly measureMs: number;
  /** Commands under way at a time: one series for each. */
  readonly inFlight: readonly number[];
}

/** Ours, etcd, ours, …: every ratio is that of two runs side by side. */
export async function raftFigures(options: RaftBenchOptions): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-bench-raft-'));
  const [oursFolder, etcdFolder] = [join(folder, 'ours'), join(folder, 'etcd')];
  mkdirSync(etcdFolder);
  const ours = await OurCluster.start(oursFolder);
  const etcd = await EtcdCluster.start(etcdFolder).catch(async (error: unknown) => {
    await ours.stop();
    throw error;
  });
  try {
    return await new RaftBench(folder, ours, etcd, options).run();
  } finally {
    await Promise.all([ours.stop(), etcd.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Pair {
  readonly ours: Sample;
  readonly floor: Sample;
}

class RaftBench {
  readonly #folder: string;
  readonly #ours: OurCluster;
  readonly #etcd: EtcdCluster;
  readonly #options: RaftBenchOptions;
  readonly #oursSubject: Subject;
  readonly #etcdSubject: Subject;
  readonly #pairs = new Map<string, Pair[]>();
  #facadePort = 0;

  constructor(folder: string, ours: OurCluster, etcd: EtcdCluster, options: RaftBenchOptions) {
    this.#folder = folder;
    this.#ours = ours;
    this.#etcd = etcd;
    this.#options = options;
    const counters = async (): Promise<{ committed: number; walSyncs: number }> => {
      const { applied, walSyncs } = await ours.counters();
      return { committed: applied, walSyncs };
    };
    this.#oursSubject = { pids: ours.pids, counters };
    this.#etcdSubject = { pids: etcd.pids, counters: () => etcd.counters() };
  }

  async run(): Promise<Figure[]> {
    this.#facadePort = await this.#ours.facade();
    const { term } = await this.#ours.counters();
    // Both are compiled, grown and past their first segments of the log before anything counts.
    for (const inFlight of [SATURATED, ...this.#options.inFlight]) {
      for (const load of [this.#oursLoad, this.#facadeLoad, this.#etcdLoad]) await this.#warmUp(load, inFlight);
    }
    for (let round = 0; round < this.#options.rounds; round++) await this.#round(round);
    const elections = (await this.#ours.counters()).term - term;
    const figures = this.#figures();
    figures.push(...(await this.#traced()));
    if (elections > 0) throw new Error(`${elections} elections of ours during the run: its figures mean nothing`);
    return figures;
  }

  /** One at a time, V8 compiles what it has seen often enough only after many seconds. */
  async #warmUp(load: (order: LoadOrder) => Promise<LoadResult>, inFlight: number): Promise<void> {
    const { measureMs } = this.#options;
    const enough = measureMs < WARM_UP_FROM_MS ? 0 : WARM_UP_COMMITS;
    let committed = 0;
    do {
      const { rate } = await load(this.#order(inFlight));
      committed += (rate * measureMs) / 1000;
    } while (committed < enough);
  }

  async #round(round: number): Promise<void> {
    for (const inFlight of this.#options.inFlight) {
      const ours = await this.#sampleOurs(this.#oursLoad, inFlight);
      const floor = await this.#sampleEtcd(inFlight);
      this.#keep(round, `in process, ${inFlight} in flight`, { ours, floor });
      const facade = await this.#sampleOurs(this.#facadeLoad, inFlight);
      this.#keep(round, `through the gRPC facade, ${inFlight} in flight`, { ours: facade, floor });
      if (inFlight !== SATURATED) continue;
      await this.#ours.delaySyncs(SLOW_SYNC_MS);
      const slow = await this.#sampleOurs(this.#oursLoad, inFlight);
      await this.#ours.delaySyncs(0);
      this.#keep(round, SLOW, { ours: slow, floor: ours });
    }
  }

  readonly #oursLoad = (order: LoadOrder): Promise<LoadResult> => this.#ours.load(order);
  readonly #facadeLoad = (order: LoadOrder): Promise<LoadResult> => h2load(this.#folder, this.#facadePort, order);
  readonly #etcdLoad = async (order: LoadOrder): Promise<LoadResult> =>
    h2load(this.#folder, await this.#etcd.leaderPort(), order);

  #order(inFlight: number): LoadOrder {
    const { measureMs } = this.#options;
    return { inFlight, bytes: BYTES, warmMs: Math.round(measureMs / 4), measureMs };
  }

  #sampleOurs(load: (order: LoadOrder) => Promise<LoadResult>, inFlight: number): Promise<Sample> {
    return sample(this.#oursSubject, () => load(this.#order(inFlight)), this.#options.measureMs);
  }

  #sampleEtcd(inFlight: number): Promise<Sample> {
    return sample(this.#etcdSubject, () => this.#etcdLoad(this.#order(inFlight)), this.#options.measureMs);
  }

  #keep(round: number, name: string, pair: Pair): void {
    const pairs = this.#pairs.get(name) ?? [];
    this.#pairs.set(name, [...pairs, pair]);
    const ratio = (pair.ours.rate / pair.floor.rate).toFixed(2);
    const load = loadavg()[0]?.toFixed(1);
    process.stderr.write(
      `round ${round + 1}, ${name}: ${describe(pair.ours)} | ${describe(pair.floor)} | ${ratio}, load ${load}\n`,
    );
  }

  #figures(): Figure[] {
    return [...this.#pairs].flatMap(([name, pairs]) => {
      const [ours, floor] = [medianOf(pairs.map((pair) => pair.ours)), medianOf(pairs.map((pair) => pair.floor))];
      const target = TARGETS.get(name);
      const rates = pairs.map((pair) => pair.ours.rate / pair.floor.rate);
      const texts = { ours: describe(ours), floor: describe(floor) };
      const rate = figure(`commits/s ${name}`, rates, target, (ratio, least) => ratio >= least, '≥');
      if (!name.startsWith('in process')) return [{ ...rate, ...texts }];
      const tails = pairs.map((pair) => pair.ours.p99Ms / pair.floor.p99Ms);
      const tail = figure(`p99 ${name}`, tails, 1, (ratio, most) => ratio <= most, '≤');
      return [
        { ...rate, ...texts },
        { ...tail, ours: `${ours.p99Ms.toFixed(2)} ms`, floor: `${floor.p99Ms.toFixed(2)} ms` },
      ];
    });
  }

  /** Commits one at a time, with strace on all servers. */
  async #traced(): Promise<Figure[]> {
    const order = { ...this.#order(1), warmMs: 0, measureMs: 1000 };
    const count = async (subject: Subject, load: (order: LoadOrder) => Promise<LoadResult>): Promise<number> => {
      const before = await subject.counters();
      const syncs = await tracedSyncs(subject.pids, () => load(order));
      const { committed } = await subject.counters();
      return syncs === undefined ? Number.NaN : syncs / (committed - before.committed);
    };
    const [ours, etcd] = [
      await count(this.#oursSubject, this.#oursLoad),
      await count(this.#etcdSubject, this.#etcdLoad),
    ];
    const name = 'calls a commit that wait for the disk, three servers, one in flight, traced';
    const texts = { ours: ours.toFixed(2), floor: etcd.toFixed(2) };
    return [
      { name, ...texts, ratio: ours / etcd, target: `each ≥ ${MAJORITY}`, met: Math.min(ours, etcd) >= MAJORITY },
    ];
  }
}

const SLOW = `in flight ${SATURATED} with ${SLOW_SYNC_MS} ms before each sync, beside without`;
const TARGETS: ReadonlyMap<string, number> = new Map([
  ['in process, 1 in flight', 1.6],
  ['in process, 512 in flight', 3],
  [SLOW, 0.8],
]);

function figure(
  name: string,
  ratios: readonly number[],
  target: number | undefined,
  holds: (ratio: number, target: number) => boolean,
  sign: string,
): Omit<Figure, 'ours' | 'floor'> {
  const ratio = median(ratios);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return {
    name: `${name} (ratios ${spread})`,
    ratio,
    target: target === undefined ? 'none' : `${sign} ${target}`,
    met: target === undefined || holds(ratio, target),
  };
}
