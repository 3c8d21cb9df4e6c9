import type { AskDescription, AskPledge, Description, PledgeAnswer } from '@dkron/cluster';
import { storeCodec } from '@dkron/contracts';
import { GatedTransport } from '@dkron/raft/testing';
import type { Message } from '@dkron/raft';
import type { Random } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import type {
  ClusterAnswers,
  ClusterView,
  Environment,
  Scheduling,
  ServerCore,
  ServerOptions,
} from '@dkron/server/wiring';
import {
  clusterAnswers,
  clusterView,
  createScheduling,
  followLeadership,
  joinCluster,
  openCore,
  placeOf,
  removeServer,
  SERVER_DEFAULTS,
  stopInOrder,
  Unwind,
} from '@dkron/server/wiring';
import { DEFAULT_RETENTION, Store } from '@dkron/store';
import { Journal, Worker } from '@dkron/worker';
import type { NodeTime } from '../world/node-time.ts';
import type { SessionListener } from '../world/session-net.ts';
import type { SimPool } from '../world/gossip.ts';
import type { SimExecutor } from '../world/sim-executor.ts';
import type { Crash, Stop } from './machine.ts';
import { Machine, STOP_TIMEOUT_MS } from './machine.ts';
import type { SimAgent } from './sim-agent.ts';

export const RPC_PORT = 6868;
const SEGMENT_BYTES = 256 << 10;
/** Until a connection without answers is given up. */
const CONNECTION_LOST_MS = 5000;
const noProcesses = { killGroup: () => false };

/** What runs in the present process of a server. */
export interface ServerParts {
  readonly core: ServerCore;
  readonly store: Store;
  readonly worker: Worker;
  readonly scheduling: Scheduling;
  readonly cluster: ClusterView;
  readonly answers: ClusterAnswers;
  readonly pool: SimPool;
  readonly environment: Environment;
}

/** A server: what ships, on a simulated machine. */
export class SimServer extends Machine {
  parts: ServerParts | undefined;
  /** The store of the process, from the moment on that it is open. */
  store: Store | undefined;
  #closeTransport: () => void = () => undefined;

  /** Where workers' sessions arrive; undefined while nobody listens. */
  get listener(): SessionListener | undefined {
    return this.up ? this.parts?.scheduling.sessions.router : undefined;
  }

  get options(): ServerOptions {
    const { options, servers } = this.world.plan;
    return {
      ...SERVER_DEFAULTS,
      nodeName: this.name,
      bindAddr: `${this.ip}:8946`,
      advertiseAddr: `${this.ip}:8946`,
      bootstrapExpect: servers,
      retryJoin: this.world.servers.map(({ name }) => name),
      defaultTimezone: 'UTC',
      lease: options.leaseMs,
      forbidHold: options.forbidHoldMs,
      serverReplaceAfter: options.replaceAfterMs,
      stopTimeout: STOP_TIMEOUT_MS,
      executionRetention: options.executionsPerJob,
      ledgerRetention: options.ledgerPerJob,
    };
  }

  get ready(): boolean {
    return this.up && this.parts !== undefined;
  }

  protected async halt(how: Stop): Promise<void> {
    const { core, worker, scheduling, pool, environment } = this.parts!;
    const work = { worker: { stop: (timeoutMs: number) => worker.stop({ timeoutMs }) }, engine: scheduling.engine };
    const late = { leaving: how === 'leave' };
    const { fabric } = this.world;
    const process = this.process!;
    const remove = async (to: object): Promise<void> => {
      const there = to as SimServer;
      if (there.parts?.cluster.leads() !== true) throw new Error('it does not lead');
      await removeServer(there.parts.core.consensus.node, this.name, there.name);
    };
    const askRemoval = (address: string, timeoutMs: number): Promise<void> =>
      fabric.call(this, process, address, remove, timeoutMs);
    const leaving = {
      leave: async () => {
        pool.leave();
        await process.sleep(1000);
      },
    };
    await stopInOrder(this.options, { state: core, work, late, pool: leaving, askRemoval }, environment);
  }

  protected async boot(process: NodeTime, executor: SimExecutor, random: Random): Promise<void> {
    const { world, options } = this;
    const logger = world.logger(this.name);
    const environment: Environment = {
      clock: process,
      timers: process,
      random,
      logger,
      metrics: noMetrics,
      registry: undefined,
      unwind: new Unwind(),
      onFatal: (error) => this.failed(process, error),
    };
    const retention = {
      ...DEFAULT_RETENTION,
      executionsPerJob: options.executionRetention,
      ledgerEntriesPerJob: options.ledgerRetention,
    };
    const store = await Store.open({ retention }, { ...environment, kv: this.kv.mount(process), codec: storeCodec });
    this.store = store;
    world.guard(() => world.checks.opened(this, store));
    const core = await this.#openCore(options, store, process, environment);
    world.guard(() => world.checks.consensus(this, core));
    const { compactEvery } = world.plan.options;
    if (compactEvery > 0) {
      const compaction = { snapshotThreshold: compactEvery, trailingLogs: compactEvery, snapshotIntervalMs: 3000 };
      core.consensus.node.reloadConfig(compaction);
    }
    const journal = await Journal.open(
      {},
      { ...environment, storage: this.journal.mount(process, () => this.syncMs()), processes: noProcesses },
    );
    const { slots } = world.plan.options;
    const worker = new Worker(
      { node: this.name, region: options.region, slots },
      { ...environment, journal, executors: executor },
    );
    const ports = {
      log: world.checks.log(this, core),
      worker: world.checks.worker(this.name, process, worker),
      transport: world.sessions.transport(this, process),
      describe: this.#describe(process),
      processResult: () => Promise.resolve(null),
      waitingPerNodeMax: world.plan.options.waitingPerNodeMax,
    };
    const scheduling = createScheduling(options, core, ports, environment);
    world.guard(() => world.checks.engine(this, core, scheduling.engine));
    followLeadership(options, { state: core, work: scheduling }, environment);
    const place = placeOf(options);
    const cluster = clusterView({
      raft: core.consensus.node,
      engine: scheduling.engine,
      membership: core.membership,
      pool: () => undefined,
      encrypted: false,
    });
    const answers = clusterAnswers(core.formation, core.consensus);
    const pool = world.gossip.start(this, process, place.tags(RPC_PORT, 'probation'));
    this.parts = { core, store, worker, scheduling, cluster, answers, pool, environment };
    const parts = { place, state: core, work: scheduling, late: { leaving: false }, rpcPort: RPC_PORT };
    await joinCluster(options, pool, parts, environment);
  }

  protected ended(_process: NodeTime, how: Crash): void {
    this.parts = undefined;
    this.store = undefined;
    // Without power nobody says goodbye: the others find out by asking, at the latest when the machine is back.
    const close = this.#closeTransport;
    if (how === 'kill') close();
    else this.world.time.after(CONNECTION_LOST_MS, close);
  }

  #openCore(options: ServerOptions, store: Store, process: NodeTime, environment: Environment): Promise<ServerCore> {
    const { world } = this;
    const address = `${this.ip}:${RPC_PORT}`;
    this.#closeTransport();
    const inner = world.fabric.raft.transport(address);
    this.#closeTransport = () => void inner.close();
    const tags = placeOf(options).tags(RPC_PORT);
    const own = { name: this.name, addr: this.ip, port: 8946, status: 'alive', tags } as const;
    return openCore(
      options,
      own,
      {
        store,
        directory: '',
        disk: this.disk.mount(),
        segmentBytes: SEGMENT_BYTES,
        transport: new GatedTransport(inner, {
          process,
          sent: (message: Message) => world.guard(() => world.checks.sent(this, message)),
          again: () => undefined,
        }),
        describe: this.#describe(process),
        askPledge: this.#askPledge(process),
      },
      environment,
    );
  }

  #describe(process: NodeTime): AskDescription {
    const { world } = this;
    return async (address, timeoutMs) => {
      try {
        const serve = async (to: object): Promise<Description> => descriptionOf(to as SimServer | SimAgent);
        const description = await world.fabric.call(this, process, address, serve, timeoutMs);
        return { kind: 'ours', description };
      } catch (error) {
        return { kind: 'silent', why: (error as Error).message };
      }
    };
  }

  #askPledge(process: NodeTime): AskPledge {
    return (address, request, timeoutMs) => {
      const serve = (to: object): Promise<PledgeAnswer> => {
        const answers = (to as SimServer).parts?.answers;
        return answers === undefined
          ? Promise.reject(new Error('it is starting'))
          : Promise.resolve(answers.pledge(request));
      };
      return this.world.fabric.call(this, process, address, serve, timeoutMs);
    };
  }
}

function descriptionOf(node: SimServer | SimAgent): Description {
  if (node instanceof SimServer) {
    if (node.parts === undefined) throw new Error('it is starting');
    return node.parts.answers.describe();
  }
  return node.description;
}
