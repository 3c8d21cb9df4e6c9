import { Server, ServerCredentials } from '@grpc/grpc-js';
import { storeCodec } from '@dkron/contracts';
import type { Command, CommandResults, Execution, JobDefinition, Run } from '@dkron/jobs';
import { newDefinition } from '@dkron/jobs';
import { noMetrics, silentLogger, ZERO_TIME } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import type { ReplicatedLog } from '@dkron/scheduler';
import { Engine, isRefusal, Planner } from '@dkron/scheduler';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '@dkron/worker';
import { Journal, MemoryJournalStorage, Worker } from '@dkron/worker';
import type { Leadership, SessionServer } from '../src/index.ts';
import {
  GrpcSessionTransport,
  SESSION_SERVER_OPTIONS,
  SessionDialer,
  SessionRouter,
  SessionService,
} from '../src/index.ts';
import { Proxy } from './proxy.ts';

const ambient = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  metrics: noMetrics,
};
export const LEASE_MS = 600;

export function definition(name: string, over: Partial<JobDefinition> = {}): JobDefinition {
  return newDefinition({ name, executor: 'fake', ...over });
}

/** The state that all servers share, as if each commit reached them at once. */
class SharedLog {
  term = 0n;
  leader: string | undefined;
  #index = 0n;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  of(name: string): ReplicatedLog {
    return {
      leadershipValid: () => this.leader === name,
      term: () => this.term,
      propose: async <C extends Command>(command: C): Promise<CommandResults[C['type']]> => {
        if (this.leader !== name) throw new Error(`${name} does not lead`);
        const data = storeCodec.command.encode(command);
        const [result] = await this.#store.apply([{ index: ++this.#index, data }]);
        return result as CommandResults[C['type']];
      },
    };
  }
}

interface TestServer extends SessionServer {
  readonly engine: Engine;
  readonly proxy: Proxy;
  readonly direct: string;
  readonly grpc: Server;
}

/** A run of the fake executor. */
export interface FakeRun extends ExecuteRequest {
  readonly context: ExecuteContext;
  readonly end: (result?: Partial<ExecuteResult>) => void;
}

/** Runs last until a test ends them; an abort ends them too. */
export class FakeExecutor implements Executor {
  readonly name = 'fake';
  readonly runs: FakeRun[] = [];

  execute(request: ExecuteRequest, context: ExecuteContext): Promise<ExecuteResult> {
    return new Promise((resolve) => {
      const end = (result: Partial<ExecuteResult> = {}): void => resolve({ success: true, error: '', ...result });
      this.runs.push({ ...request, context, end });
      context.signal.addEventListener('abort', () => end({ success: false, error: 'killed' }));
    });
  }
}

/** Servers with one replicated state and an agent, over gRPC on the loopback interface. */
export class EngineCluster {
  readonly store: Store;
  readonly log: SharedLog;
  readonly servers = new Map<string, TestServer>();
  readonly agents: { worker: Worker; dialer: SessionDialer }[] = [];
  readonly executor = new FakeExecutor();
  readonly journal = new MemoryJournalStorage();

  private constructor(store: Store) {
    this.store = store;
    this.log = new SharedLog(store);
  }

  static async start(names: readonly string[]): Promise<EngineCluster> {
    const modules = { kv: new MemoryKeyValue(), codec: storeCodec, logger: silentLogger, metrics: noMetrics };
    const cluster = new EngineCluster(await Store.open({}, modules));
    for (const name of names) await cluster.#addServer(name);
    return cluster;
  }

  get leader(): TestServer {
    return this.servers.get(this.log.leader!)!;
  }

  elect(name: string): void {
    const old = this.log.leader;
    this.log.leader = undefined;
    if (old !== undefined) this.servers.get(old)!.engine.stop();
    this.log.term += 1n;
    this.log.leader = name;
    this.leader.engine.start();
  }

  /** An agent whose ways to servers go through their proxies. */
  async startAgent(): Promise<Worker> {
    const processes = { killGroup: () => false };
    const journal = await Journal.open({}, { ...ambient, storage: this.journal, processes });
    const executors = { get: (name: string) => (name === 'fake' ? this.executor : undefined), names: () => ['fake'] };
    const worker = new Worker({ node: 'a1', region: 'global' }, { ...ambient, journal, executors });
    const dialer = new SessionDialer(
      { dialTimeoutMs: 200, maxBackoffMs: 200 },
      {
        ...ambient,
        worker,
        transport: new GrpcSessionTransport({ keepaliveMs: 100 }, { timers: systemTimers }),
        servers: () => [...this.servers.values()],
      },
    );
    dialer.start();
    this.agents.push({ worker, dialer });
    return worker;
  }

  async put(job: JobDefinition): Promise<void> {
    const { engine } = this.leader;
    const stamp = engine.stamps.next();
    const submitted = {
      successCount: 0,
      errorCount: 0,
      lastSuccess: null,
      lastError: null,
      status: '',
      next: ZERO_TIME,
      dependentJobs: null,
    };
    const plan = new Planner({ region: 'global' }).planPut(job, submitted, undefined, stamp);
    const command = {
      type: 'putJob',
      stamp,
      definition: job,
      submitted,
      precondition: null,
      plannedFrom: 0,
      plan,
    } as const;
    await this.log.of(this.log.leader!).propose(command);
  }

  async run(job: string): Promise<Run> {
    const run = await this.leader.engine.runJob(job, { trigger: 'manual' });
    if (isRefusal(run)) throw new Error(run.message);
    return run;
  }

  execution({ targets }: Run): Execution {
    return this.store.getExecution(targets[0]!.executionId)!;
  }

  async stop(): Promise<void> {
    for (const { worker, dialer } of this.agents) {
      dialer.stop();
      await worker.stop({ timeoutMs: 0 });
    }
    this.log.leader = undefined;
    for (const { engine, proxy, grpc } of this.servers.values()) {
      engine.stop();
      proxy.close();
      grpc.forceShutdown();
    }
  }

  async #addServer(name: string): Promise<void> {
    // As the agent of the recordings has it.
    const tags = { region: 'global', pool: 'agents' };
    const member = { name: 'a1', addr: '127.0.0.1', port: 8946, tags, status: 'alive' } as const;
    const engine = new Engine(
      { clusterId: 'c'.repeat(32), leaseMs: LEASE_MS },
      {
        ...ambient,
        log: this.log.of(name),
        view: this.store,
        membership: { members: () => [member], self: () => ({ ...member, name }) },
        planner: new Planner({ region: 'global' }),
      },
    );
    const router = new SessionRouter(
      { region: 'global', noLeaderRetryMs: 20, relayDialTimeoutMs: 200 },
      {
        ...ambient,
        leadership: () => this.#leadership(name, engine),
        transport: new GrpcSessionTransport({ keepaliveMs: 100 }, { timers: systemTimers }),
      },
    );
    const service = new SessionService({}, { router, timers: systemTimers });
    const grpc = new Server(SESSION_SERVER_OPTIONS);
    grpc.addService(service.service, service.handlers);
    const port = await new Promise<number>((resolve, reject) =>
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const direct = `127.0.0.1:${port}`;
    const proxy = await Proxy.to(direct);
    this.servers.set(name, { name, address: proxy.address, direct, proxy, engine, grpc });
  }

  #leadership(name: string, engine: Engine): Leadership {
    const { leader, term } = this.log;
    if (leader === undefined) return { kind: 'none' };
    if (leader === name) return { kind: 'self', accept: (channel) => engine.accept(channel) };
    return { kind: 'other', name: leader, address: this.servers.get(leader)!.direct, term };
  }
}
