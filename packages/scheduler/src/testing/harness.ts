import { noMetrics, ZERO_TIME } from '@dkron/runtime';
import type { JobDefinition, JobName, Member, StoredJob } from '@dkron/jobs';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { Engine } from '../engine.ts';
import type { EngineOptions, ProcessResult } from '../options.ts';
import { Planner } from '../planner/planner.ts';
import { FakeWorker } from './fake-worker.ts';
import { ModelLog } from './model-log.ts';
import { ModelState } from './model-state.ts';

/** 2026-01-01T00:00:00Z */
export const T0_MS = Date.UTC(2026, 0, 1);
export const SECOND = 1_000_000_000n;
export const T0 = BigInt(T0_MS) * 1_000_000n;

export function member(name: string, tags: Record<string, string> = {}): Member {
  return { name, addr: '127.0.0.1', port: 8946, tags: { region: 'global', ...tags }, status: 'alive' };
}

export function definition(name: JobName, schedule: string, over: Partial<JobDefinition> = {}): JobDefinition {
  return {
    name,
    displayName: '',
    timezone: '',
    schedule,
    owner: '',
    ownerEmail: '',
    disabled: false,
    tags: null,
    metadata: null,
    retries: 0,
    parentJob: '',
    processors: {},
    concurrency: 'allow',
    executor: 'shell',
    executorConfig: null,
    ephemeral: false,
    startsAt: null,
    expiresAt: null,
    dstGap: 'skip',
    dstOverlap: 'both',
    catchup: 'skip',
    catchupWindow: '24h',
    timeout: '',
    ...over,
  };
}

export const NOTHING_SUBMITTED = {
  successCount: 0,
  errorCount: 0,
  lastSuccess: null,
  lastError: null,
  status: '',
  next: ZERO_TIME,
  dependentJobs: null,
};

/** One cluster of one leader, its state, and nodes as told. */
export class Harness {
  readonly time = new ManualTime(T0_MS);
  readonly state = new ModelState();
  readonly log = new ModelLog(this.state);
  readonly logger = new MemoryLogger();
  readonly planner = new Planner({ region: 'global' });
  members: Member[];
  engine: Engine;
  readonly #options: Partial<EngineOptions>;
  readonly #processResult: ProcessResult | undefined;

  constructor(nodes: readonly string[] = ['n1'], options: Partial<EngineOptions> = {}, processResult?: ProcessResult) {
    this.members = nodes.map((name) => member(name));
    this.#options = options;
    this.#processResult = processResult;
    this.engine = this.newEngine();
  }

  newEngine(): Engine {
    return new Engine(
      { clusterId: 'c'.repeat(32), ...this.#options },
      {
        log: this.log,
        view: this.state,
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
    this.engine = this.newEngine();
    this.engine.start();
    await this.time.advance(0);
  }

  async put(job: JobDefinition): Promise<StoredJob> {
    const stored = this.state.getJob(job.name);
    const stamp = this.engine.stamps.next();
    const plan = this.planner.planPut(job, NOTHING_SUBMITTED, stored, stamp);
    const plannedFrom = stored?.state.version ?? 0;
    const command = {
      type: 'putJob',
      stamp,
      definition: job,
      submitted: NOTHING_SUBMITTED,
      precondition: null,
      plannedFrom,
      plan,
    } as const;
    await this.log.propose(command);
    return this.state.getJob(job.name)!;
  }

  async toggle(name: JobName): Promise<void> {
    const stored = this.state.getJob(name)!;
    const stamp = this.engine.stamps.next();
    const disabled = !stored.definition.disabled;
    const plan = this.planner.planToggle(stored, disabled, stamp);
    await this.log.propose({
      type: 'toggleJob',
      stamp,
      name,
      precondition: null,
      plannedFrom: stored.state.version,
      disabled,
      plan,
    });
  }

  async connect(node = 'n1'): Promise<FakeWorker> {
    const worker = new FakeWorker(node, this.time);
    worker.connect(this.engine);
    await this.time.advance(0);
    return worker;
  }

  /** Ledger of a job as short lines: `second decision reason trigger [×count]`, seconds since T0. */
  ledger(name: JobName): string[] {
    return this.state.ledger
      .filter((entry) => entry.jobName === name)
      .map(({ tick, decision, reason, trigger, count }) =>
        [Number(tick - T0) / 1e9, decision, reason, trigger, count > 1 ? `×${count}` : '']
          .filter((part) => part !== '')
          .join(' '),
      );
  }

  /** Commands of one type so far. */
  commandsOf(type: string): number {
    return this.log.commands.filter((command) => command.type === type).length;
  }
}
