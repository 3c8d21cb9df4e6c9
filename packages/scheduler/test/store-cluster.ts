import type { Command, CommandResults, JobDefinition, Member } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import { jsonCodec } from '@dkron/store/testing';
import { Engine } from '../src/engine.ts';
import type { EngineOptions } from '../src/options.ts';
import { Planner } from '../src/planner/planner.ts';
import type { ReplicatedLog } from '../src/ports.ts';
import { FakeWorker } from '../src/testing/fake-worker.ts';
import { member, NOTHING_SUBMITTED, T0_MS } from '../src/testing/harness.ts';

/** The shortest log there is: each command is applied to the real store at once. */
class StoreLog implements ReplicatedLog {
  readonly #store: Store;
  currentTerm = 1n;
  /** What happens to the next proposals: lost before the commit, or committed while the proposer hears a failure. */
  readonly faults: ('none' | 'lost' | 'unheard')[] = [];
  #index = 0n;

  constructor(store: Store) {
    this.#store = store;
  }

  leadershipValid(): boolean {
    return true;
  }

  term(): bigint {
    return this.currentTerm;
  }

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const fault = this.faults.shift();
    if (fault === 'lost') throw new Error('outcome unknown');
    const data = jsonCodec.command.encode(command);
    const [result] = await this.#store.apply([{ index: ++this.#index, data }]);
    if (fault === 'unheard') throw new Error('outcome unknown');
    return result as CommandResults[C['type']];
  }
}

/** One leader at a time on the real store. */
export class StoreCluster {
  readonly time = new ManualTime(T0_MS);
  readonly logger = new MemoryLogger();
  readonly planner = new Planner({ region: 'global' });
  readonly store: Store;
  readonly log: StoreLog;
  readonly #options: Partial<EngineOptions>;
  members: Member[];
  engine: Engine;

  private constructor(store: Store, nodes: readonly string[], options: Partial<EngineOptions>) {
    this.store = store;
    this.log = new StoreLog(store);
    this.#options = options;
    this.members = nodes.map((name) => member(name));
    this.engine = this.#newEngine();
  }

  static async start(nodes: readonly string[] = ['n1'], options: Partial<EngineOptions> = {}): Promise<StoreCluster> {
    const modules = { kv: new MemoryKeyValue(), codec: jsonCodec, logger: silentLogger, metrics: noMetrics };
    const cluster = new StoreCluster(await Store.open({}, modules), nodes, options);
    cluster.engine.start();
    return cluster;
  }

  /** The leader stops; another one takes over, `gapMs` later. */
  async failOver(gapMs: number): Promise<void> {
    this.engine.stop();
    await this.time.advance(gapMs);
    this.log.currentTerm++;
    this.engine = this.#newEngine();
    this.engine.start();
    await this.time.advance(0);
  }

  async connect(node = 'n1'): Promise<FakeWorker> {
    const worker = new FakeWorker(node, this.time);
    worker.connect(this.engine);
    await this.time.advance(1);
    return worker;
  }

  async put(job: JobDefinition): Promise<CommandResults['putJob']> {
    const stored = this.store.getJob(job.name);
    const stamp = this.engine.stamps.next();
    const plan = this.planner.planPut(job, NOTHING_SUBMITTED, stored, stamp);
    return this.log.propose({
      type: 'putJob',
      stamp,
      definition: job,
      submitted: NOTHING_SUBMITTED,
      precondition: null,
      plannedFrom: stored?.state.version ?? 0,
      plan,
    });
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
      },
    );
  }
}
