import type { ServiceDefinition } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { DkronService } from '@dkron/contracts/types-v1';
import type { FinishedReport, Refusal, StoredJob } from '@dkron/jobs';
import { silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { Planner } from '@dkron/scheduler';
import { dkronHandlers, Forwarder, OldDkronService } from '../src/types-v1/index.ts';
import type { DkronPort } from '../src/types-v1/index.ts';
import type { EngineCluster } from './engine-cluster.ts';
import { serve } from './grpc-server.ts';

export interface Answered {
  readonly code: number;
  readonly details: string;
  readonly bytes: Buffer;
}

/** `types.v1.Dkron` of the servers of a cluster, over gRPC. */
export class DkronServers {
  readonly addresses = new Map<string, string>();
  readonly left: string[] = [];
  readonly removed: string[] = [];
  readonly #stop: (() => void)[] = [];
  readonly #cluster: EngineCluster;

  private constructor(cluster: EngineCluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: EngineCluster): Promise<DkronServers> {
    const servers = new DkronServers(cluster);
    for (const name of cluster.servers.keys()) {
      const forwarder = new Forwarder();
      const handlers = dkronHandlers({
        port: servers.#port(name),
        forwarder,
        timers: systemTimers,
        logger: silentLogger,
      });
      const { address, server } = await serve(
        [DkronService as unknown as ServiceDefinition, handlers],
        [OldDkronService as unknown as ServiceDefinition, handlers],
      );
      servers.addresses.set(name, address);
      servers.#stop.push(
        () => forwarder.close(),
        () => server.forceShutdown(),
      );
    }
    return servers;
  }

  stop(): void {
    for (const step of this.#stop) step();
  }

  /** A call with the bytes of a recorded one. */
  async call(name: string, method: string, request: Buffer): Promise<Answered> {
    const client = new Client(this.addresses.get(name)!, ChannelCredentials.createInsecure());
    const same = (bytes: Buffer): Buffer => bytes;
    try {
      return await new Promise((resolve) =>
        client.makeUnaryRequest(method, same, same, request, new Metadata(), (error, bytes) =>
          resolve({ code: error?.code ?? 0, details: error?.details ?? '', bytes: bytes ?? Buffer.alloc(0) }),
        ),
      );
    } finally {
      client.close();
    }
  }

  #port(name: string): DkronPort {
    const { store, log } = this.#cluster;
    const mine = log.of(name);
    const { engine } = this.#cluster.servers.get(name)!;
    const report = async (id: string, attempt: number, end: FinishedReport): Promise<void> => {
      const { success, cancelled: _, ...rest } = end;
      const state = success ? 'success' : 'failed';
      const update = { kind: 'finished', id, attempt, state, ...rest, slotHoldMs: null } as const;
      await mine.propose({ type: 'executionUpdates', stamp: engine.stamps.next(), updates: [update] });
    };
    return {
      nodeName: name,
      leadership: () => {
        const { leader } = log;
        if (leader === undefined) return { kind: 'none' };
        return leader === name ? { kind: 'self' } : { kind: 'other', address: this.addresses.get(leader)! };
      },
      job: (job) => store.getJob(job),
      executions: (job) => store.executions(job),
      openExecutions: () => store.openExecutions(),
      run: (job, group) => store.openRuns(job).find((run) => run.group === group),
      putJob: async ({ definition, submitted }): Promise<StoredJob | Refusal> => {
        const stored = store.getJob(definition.name);
        const stamp = engine.stamps.next();
        const plan = new Planner({ region: 'global' }).planPut(definition, submitted, stored, stamp);
        const plannedFrom = stored?.state.version ?? 0;
        const result = await mine.propose({
          type: 'putJob',
          stamp,
          definition,
          submitted,
          precondition: null,
          plannedFrom,
          plan,
        });
        return 'refused' in result ? result : result.job;
      },
      deleteJob: async (job) => {
        const result = await mine.propose({
          type: 'deleteJob',
          stamp: engine.stamps.next(),
          name: job,
          precondition: null,
        });
        return 'refused' in result ? result : result.job;
      },
      deleteExecutions: async (job) => {
        const result = await mine.propose({ type: 'deleteExecutions', stamp: engine.stamps.next(), name: job });
        return 'refused' in result ? result : result.job;
      },
      startRun: (job) => engine.runJob(job, { trigger: 'manual' }),
      waitSettled: (group) => engine.waitSettled(group),
      started: async (id, attempt, at) => {
        const update = { kind: 'started', id, attempt, at } as const;
        await mine.propose({ type: 'executionUpdates', stamp: engine.stamps.next(), updates: [update] });
      },
      finished: report,
      configuration: () => ({
        servers: [...this.#cluster.servers.keys()]
          .filter((id) => !this.removed.includes(id))
          .map((id) => ({ id, address: this.addresses.get(id)!, voter: true, leader: id === log.leader })),
        index: 7n,
      }),
      removePeer: async (id) => void this.removed.push(id),
      leave: () => void this.left.push(name),
    };
  }
}
