import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeServer, SUCCESS, WorkerBench, dispatchOf } from '../test/worker-bench.ts';
import { MemoryJournalStorage } from './index.ts';
import type { Worker } from './index.ts';

type Step =
  | { readonly do: 'dispatch'; readonly n: number }
  | { readonly do: 'end'; readonly n: number }
  | { readonly do: 'cancel'; readonly n: number }
  | { readonly do: 'crash'; readonly keep: number; readonly machine: boolean }
  | { readonly do: 'drop' | 'connect' | 'ack' | 'wait' };

const IDS = 6;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('dispatch', 'end'), n: fc.nat(IDS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), n: fc.nat(IDS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crash'),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      machine: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('drop', 'connect', 'ack', 'wait') }) },
);

/** A result that is not handed over is synced after this. */
const SYNC_MS = 20;

/** A server that repeats itself at random, within the protocol: what it acknowledged it never dispatches again. */
class Model {
  readonly bench = new WorkerBench();
  worker!: Worker;
  server: FakeServer | null = null;
  /** Executions whose result was acknowledged, or whose death was. */
  readonly settled = new Set<string>();
  /** Index of the first run of this boot. */
  firstRun = 0;
  /** When each execution ended. */
  readonly endedMs = new Map<string, number>();

  async connect(): Promise<void> {
    this.server?.drop();
    this.server = new FakeServer(this.worker, this.bench.time);
    await this.server.welcome();
  }

  async play(next: Step): Promise<void> {
    const { bench, server } = this;
    if (next.do === 'connect') return this.connect();
    if (next.do === 'crash') return this.crash(next.machine ? next.keep : 1);
    if (next.do === 'wait') return bench.time.advance(SYNC_MS);
    if (next.do === 'end') {
      const run = bench.runs.slice(this.firstRun).find(({ request }) => request.executionId === `${next.n}`);
      if (run && !this.endedMs.has(run.request.executionId)) {
        this.endedMs.set(run.request.executionId, bench.time.monotonicMs());
      }
      run?.end(SUCCESS);
      return bench.time.advance(0);
    }
    if (!server) return;
    if (next.do === 'drop') this.disconnect();
    else if (next.do === 'ack') await this.ack();
    else if (next.do === 'cancel') await server.cancel(`${next.n}`);
    else if (next.do === 'dispatch' && !this.settled.has(`${next.n}`))
      await server.dispatch(dispatchOf({ id: `${next.n}` }));
  }

  disconnect(): void {
    this.server?.drop();
    this.server = null;
  }

  async ack(): Promise<void> {
    const numbered = this.server!.sent.filter((message) => message.type === 'finished' || message.type === 'started');
    if (numbered.length === 0) return;
    for (const message of numbered) if (message.type === 'finished') this.settled.add(message.id);
    const seqs = this.server!.sent.map((message) => ('seq' in message && message.type !== 'ack' ? message.seq : 0));
    await this.server!.give({ type: 'ack', seq: Math.max(...seqs) });
  }

  /** @param keep share of what was not synced that is left; 1 = only the process died */
  async crash(keep: number): Promise<void> {
    const { bench } = this;
    this.disconnect();
    const syncedMs = bench.time.monotonicMs() - SYNC_MS;
    if (keep < 1) for (const [id, ms] of this.endedMs) if (ms > syncedMs) this.endedMs.delete(id);
    const { bytes, durableBytes } = bench.storage;
    const length = durableBytes + Math.floor((bytes.length - durableBytes) * keep);
    bench.storage = new MemoryJournalStorage(bytes.subarray(0, length));
    this.firstRun = bench.runs.length;
    this.worker = await bench.boot();
  }
}

it('G-X2, G-X12: under repeated dispatches, broken sessions and crashes nothing starts twice and no result is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const model = new Model();
      model.worker = await model.bench.boot();
      await model.connect();
      for (const next of steps) await model.play(next);
      const started = model.bench.runs.map(({ request }) => request.executionId);
      expect(started).toEqual([...new Set(started)]);
      await model.connect();
      const finished = model.server!.all('finished').map(({ id }) => id);
      for (const id of model.endedMs.keys()) expect([...model.settled, ...finished]).toContain(id);
      const ran = new Set(started);
      for (const id of finished) expect(ran.has(id)).toBe(true);
    }),
    { numRuns: 150 },
  );
});
