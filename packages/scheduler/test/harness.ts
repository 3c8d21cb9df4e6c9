import type {
  Command,
  CommandResults,
  Due,
  Execution,
  JobDefinition,
  JobName,
  LedgerEntry,
  Member,
  StoredJob,
} from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import type { EpochNanos } from '@dkron/runtime';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import { jobDefinition, jsonCodec, NOTHING_SUBMITTED } from '@dkron/store/testing';
import { Engine } from '../src/engine.ts';
import type { EngineOptions, ProcessResult } from '../src/options.ts';
import { Planner } from '../src/planner/planner.ts';
import { FakeWorker } from './fake-worker.ts';
import { StoreLog } from './store-log.ts';

/** 2026-01-01T00:00:00Z */
const T0_MS = Date.UTC(2026, 0, 1);
export const SECOND = 1_000_000_000n;
export const T0 = BigInt(T0_MS) * 1_000_000n;

export function member(name: string, tags: Record<string, string> = {}): Member {
  return { name, addr: '127.0.0.1', port: 8946, tags: { region: 'global', ...tags }, status: 'alive' };
}

export function definition(name: JobName, schedule: string, over: Partial<JobDefinition> = {}): JobDefinition {
  return jobDefinition(name, { schedule, ...over });
}

/** One cluster of one leader at a time on the real store, and nodes as told. */
export class Harness {
  readonly time = new ManualTime(T0_MS);
  readonly logger = new MemoryLogger();
  readonly planner = new Planner({ region: 'global' });
  readonly store: Store;
  readonly log: StoreLog;
  members: Member[];
  engine: Engine;
  readonly #options: Partial<EngineOptions>;
  readonly #processResult: ProcessResult | undefined;

  private constructor(
    store: Store,
    nodes: readonly string[],
    options: Partial<EngineOptions>,
    processResult: ProcessResult | undefined,
  ) {
    this.store = store;
    this.log = new StoreLog(store);
    this.members = nodes.map((name) => member(name));
    this.#options = options;
    this.#processResult = processResult;
    this.engine = this.#newEngine();
  }

  /** With a leader that acts already. */
  static async start(
    nodes: readonly string[] = ['n1'],
    options: Partial<EngineOptions> = {},
    processResult?: ProcessResult,
  ): Promise<Harness> {
    const modules = { kv: new MemoryKeyValue(), codec: jsonCodec, logger: silentLogger, metrics: noMetrics };
    const store = await Store.open({ retention: { ledgerEntriesPerJob: 2_000 } }, modules);
    const harness = new Harness(store, nodes, options, processResult);
    harness.engine.start();
    return harness;
  }

  #newEngine(): Engine {
    return new Engine(
      { clusterId: 'c'.repeat(32), ...this.#options },
      {
        log: this.log,
        view: this.store,
        membership: { members: () => this.members, self: () => this.members[0]! },
        planner: this.planner,
        clock: this.time,
        timers: this.time,
        random: seededRandom(1),
        logger: this.logger,
        metrics: noMetrics,
        ...(this.#processResult ? { processResult: this.#processResult } : {}),
      },
    );
  }

  /** The leader dies and another one takes over, `gapMs` later. */
  async failOver(gapMs: number): Promise<void> {
    this.engine.stop();
    await this.time.advance(gapMs);
    this.log.currentTerm++;
    this.engine = this.#newEngine();
    this.engine.start();
    await this.time.advance(0);
  }

  async put(job: JobDefinition): Promise<StoredJob> {
    const stored = this.store.getJob(job.name);
    const stamp = this.engine.stamps.next();
    const plan = this.planner.planPut(job, NOTHING_SUBMITTED, stored, stamp);
    const result = await this.log.propose({
      type: 'putJob',
      stamp,
      definition: job,
      submitted: NOTHING_SUBMITTED,
      precondition: null,
      plannedFrom: stored?.state.version ?? 0,
      plan,
    });
    if ('refused' in result) throw new Error(result.message);
    return result.job;
  }

  /** Stores a job as another version of the program would have planned it: with the timetable that is in `state`. */
  async plant({ definition: job, state }: StoredJob): Promise<void> {
    const { next, nextTick, decidedUpTo, anchor, problem } = state;
    const result = await this.log.propose({
      type: 'putJob',
      stamp: this.engine.stamps.next(),
      definition: job,
      submitted: NOTHING_SUBMITTED,
      precondition: null,
      plannedFrom: this.store.getJob(job.name)?.state.version ?? 0,
      plan: { next, nextTick, decidedUpTo, anchor, passed: null, problem },
    });
    if ('refused' in result) throw new Error(result.message);
  }

  async toggle(name: JobName): Promise<void> {
    const stored = this.store.getJob(name)!;
    const stamp = this.engine.stamps.next();
    const disabled = !stored.definition.disabled;
    const plan = this.planner.planToggle(stored, disabled, stamp);
    const plannedFrom = stored.state.version;
    await this.log.propose({ type: 'toggleJob', stamp, name, precondition: null, plannedFrom, disabled, plan });
  }

  async delete(name: JobName): Promise<CommandResults['deleteJob']> {
    return this.log.propose({ type: 'deleteJob', stamp: this.engine.stamps.next(), name, precondition: null });
  }

  async connect(node = 'n1'): Promise<FakeWorker> {
    const worker = new FakeWorker(node, this.time);
    worker.connect(this.engine);
    await this.time.advance(0);
    return worker;
  }

  /** Entries of a job, oldest first. */
  entries(name: JobName): readonly LedgerEntry[] {
    return this.store.ledger(name, { order: 'asc', end: Number.MAX_SAFE_INTEGER }).entries;
  }

  /** What became of a job's ticks, as short lines: `second decision reason trigger [×count]`, seconds since T0. */
  ledger(name: JobName): string[] {
    return this.entries(name)
      .filter(({ trigger }) => trigger === 'schedule' || trigger === 'catchup')
      .map(({ tick, decision, reason, trigger, count }) =>
        [secondsOf(tick), decision, reason, trigger, count > 1 ? `×${count}` : '']
          .filter((part) => part !== '')
          .join(' '),
      );
  }

  /** Executions of a job, oldest first. */
  executions(name: JobName): readonly Execution[] {
    return this.store.executions(name).toReversed();
  }

  dues(): readonly Due[] {
    return [...this.store.dues()];
  }

  /** Commands of one type so far. */
  commandsOf(type: Command['type']): number {
    return this.log.commands.filter((command) => command.type === type).length;
  }
}

function secondsOf(tick: EpochNanos): string {
  return String(Number(tick - T0) / 1e9);
}
