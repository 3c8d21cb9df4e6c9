import { deepStrictEqual } from 'node:assert/strict';
import { messageOf, silentLogger } from '@dkron/runtime';
import type { Random } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { after, EMPTY_MODEL, operate, randomOperation, stateOf } from '../testing/log-model.ts';
import type { LogModel } from '../testing/log-model.ts';
import { SimDisk } from '../testing/sim-disk.ts';
import { SegmentedWal } from './wal.ts';

/**
 * Goal: whatever was acknowledged survives, nothing else is half there. Method: random operations, pipelined, over a disk
 * whose calls complete when the test says so; power failures and kills at any point, also during recovery; failing writes
 * and syncs. What a restart finds must be the model after some operation not before the last acknowledged one.
 */
const SEEDS = 150;
const STEPS = 120;

describe('SegmentedWal on a disk that crashes', () => {
  it('does the same calls in the same order for the same seed', async () => {
    const traces: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const run = new Run(77, noCounts());
      await run.run();
      traces.push(run.trace);
    }
    expect(traces[0]!.length).toBeGreaterThan(100);
    expect(traces[0]).toEqual(traces[1]);
  });

  it(`keeps what it acknowledged (${SEEDS} seeds)`, async () => {
    const counts = noCounts();
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await new Run(seed, counts).run();
      } catch (error) {
        throw new Error(`seed ${seed}: ${messageOf(error)}`, { cause: error });
      }
    }
    console.log(JSON.stringify(counts));
    expect(counts.crashes).toBeGreaterThan(SEEDS);
    expect(counts.torn).toBeGreaterThan(SEEDS / 10);
    expect(counts.acknowledged).toBeGreaterThan(counts.operations / 3);
  }, 120_000);
});

type Counts = Record<'operations' | 'acknowledged' | 'crashes' | 'kills' | 'faults' | 'recoveries' | 'torn', number>;

const noCounts = (): Counts => ({
  operations: 0,
  acknowledged: 0,
  crashes: 0,
  kills: 0,
  faults: 0,
  recoveries: 0,
  torn: 0,
});

class Run {
  /** Every call to the disk. */
  readonly trace: string[] = [];
  readonly #random: Random;
  readonly #counts: Counts;
  readonly #disk: SimDisk;
  readonly #segmentBytes: number;
  #pending: (() => void)[] = [];
  #wal!: SegmentedWal;
  /** `#models[k]`: after k operations of this life. */
  #models: LogModel[] = [EMPTY_MODEL];
  /** Operations known to be durable. */
  #durable = 0;
  #failed = false;

  constructor(seed: number, counts: Counts) {
    this.#random = seededRandom(seed);
    this.#counts = counts;
    this.#segmentBytes = 16_384 + 512 * this.#random.nextInt(64);
    this.#disk = new SimDisk(
      {},
      {
        random: this.#random.fork('disk'),
        completion: ({ call, path, bytes }, complete) => {
          this.trace.push(`${call} ${path} ${bytes}`);
          this.#pending.push(complete);
        },
      },
    );
  }

  async run(): Promise<void> {
    await this.#recover();
    for (let step = 0; step < STEPS; step++) {
      const draw = this.#random.nextInt(100);
      if (draw < 40) this.#operate();
      else if (draw < 93) await this.#complete(1 + this.#random.nextInt(6));
      else if (draw < 95) this.#break();
      else await this.#restart();
    }
    const closed = this.#wal.close().catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'log_failed') throw error;
    });
    await this.#finish(closed);
    await this.#restart();
  }

  #operate(): void {
    const number = this.#models.length;
    const operation = randomOperation(this.#models.at(-1)!, this.#random, 3000);
    if (this.#failed) return;
    this.#models.push(after(this.#models.at(-1)!, operation));
    this.#counts.operations += 1;
    const durable = operation.kind !== 'append' || operation.sync;
    const life = this.#wal;
    operate(this.#wal, operation).then(
      () => {
        if (life !== this.#wal || !durable) return;
        this.#counts.acknowledged += 1;
        this.#durable = Math.max(this.#durable, number);
      },
      (error: unknown) => {
        if (life !== this.#wal) return;
        if ((error as { code?: string }).code === 'log_failed') this.#failed = true;
        else this.#mismatch ??= new Error(JSON.stringify(operation), { cause: error });
      },
    );
    if (this.#random.nextInt(5) === 0) this.#read();
  }

  /** A read sees everything called before it and nothing after. */
  #read(): void {
    const model = this.#models.at(-1)!;
    const { firstIndex, lastIndex } = stateOf(model);
    const lo = firstIndex + this.#random.nextInt(lastIndex - firstIndex + 2);
    const life = this.#wal;
    this.#wal
      .read(lo, lastIndex + 1, Infinity)
      .then(
        (found) => {
          if (life !== this.#wal) return;
          deepStrictEqual(plain(found as never), plain(model.entries.filter(({ index }) => index >= lo)));
        },
        (error: unknown) => {
          if (life === this.#wal && (error as { code?: string }).code !== 'log_failed') throw error;
        },
      )
      .catch((error: unknown) => {
        this.#mismatch = error;
      });
  }

  #mismatch: unknown;

  #break(): void {
    this.#counts.faults += 1;
    const call = (['write', 'sync', 'rename', 'syncDir', 'remove'] as const)[this.#random.nextInt(5)]!;
    this.#disk.inject({ call, after: this.#random.nextInt(4) });
  }

  async #restart(): Promise<void> {
    const power = this.#random.nextInt(3) > 0;
    this.#counts[power ? 'crashes' : 'kills'] += 1;
    if (power) this.#disk.crash();
    else this.#disk.killProcess();
    this.#disk.clearFaults();
    await this.#recover();
  }

  /** Opens, with crashes during the recovery too, and compares with the models. */
  async #recover(): Promise<void> {
    for (;;) {
      this.#pending = [];
      let torn = false;
      const logger = { ...silentLogger, warn: () => void (torn = true) };
      this.#wal = new SegmentedWal(
        { segmentBytes: this.#segmentBytes },
        { disk: this.#disk.mount(), clock: new ManualTime(), logger },
      );
      const opening = this.#wal.open();
      if (this.#random.nextInt(4) === 0) {
        await this.#complete(this.#random.nextInt(12));
        opening.catch(() => {});
        if (this.#random.nextInt(2) === 0) this.#disk.crash();
        else this.#disk.killProcess();
        continue;
      }
      const state = await this.#finish(opening);
      const entries = await this.#finish(this.#wal.read(state.firstIndex, state.lastIndex + 1, Infinity));
      this.#counts.recoveries += 1;
      if (torn) this.#counts.torn += 1;
      this.#failed = false;
      this.#identify({ state, entries: plain(entries as never) });
      return;
    }
  }

  #identify(found: object): void {
    const text = JSON.stringify(found);
    for (let k = this.#models.length - 1; k >= this.#durable; k--) {
      const model = this.#models[k]!;
      if (
        JSON.stringify({ state: ordered(stateOf(model)), entries: plain(model.entries) }) !==
        JSON.stringify({ ...found, state: ordered((found as never)['state']) })
      )
        continue;
      this.#models = [model];
      this.#durable = 0;
      return;
    }
    const wanted = this.#models
      .slice(this.#durable)
      .map((model) => JSON.stringify({ state: stateOf(model), entries: plain(model.entries) }));
    throw new Error(`recovered ${text}\nis none of\n${wanted.join('\n')}`);
  }

  async #complete(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await turn();
      const [complete] = this.#pending.splice(this.#random.nextInt(Math.max(1, this.#pending.length)), 1);
      complete?.();
    }
    await turn();
    if (this.#mismatch !== undefined) throw this.#mismatch as Error;
  }

  async #finish<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (let i = 0; i < 20_000 && !settled; i++) await this.#complete(1);
    if (!settled) throw new Error('a call never completes');
    return promise;
  }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

function plain(entries: readonly { term: number; index: number; type: number; data: Uint8Array }[]): object[] {
  return entries.map(({ term, index, type, data }) => ({
    term,
    index,
    type,
    data: Buffer.from(data).toString('base64'),
  }));
}

function ordered(state: ReturnType<typeof stateOf>): object {
  const { hardState, boundary, firstIndex, lastIndex, termRuns, confIndexes, confHistory } = state;
  const { term, vote, commit } = hardState;
  const confs = confHistory.map(({ index, confState: c }) => [
    index,
    c.voters,
    c.learners,
    c.votersOutgoing,
    c.learnersNext,
    c.autoLeave,
  ]);
  return {
    term,
    vote,
    commit,
    boundary: [boundary.index, boundary.term],
    firstIndex,
    lastIndex,
    termRuns: termRuns.map((run) => [run.index, run.term]),
    confIndexes,
    confs,
  };
}
