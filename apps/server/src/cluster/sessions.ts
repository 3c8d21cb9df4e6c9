import type { Leadership as SessionLeadership } from '@dkron/agent-grpc';
import { GrpcSessionTransport, SessionDialer, SessionRouter, SessionService } from '@dkron/agent-grpc';
import type { RaftNode } from '@dkron/raft';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { Engine } from '@dkron/scheduler';
import type { LocalWorker } from '../local-worker.ts';
import type { ServerOptions } from '../options.ts';
import type { PoolMembership } from './pool-membership.ts';

interface Modules {
  readonly engine: Engine;
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  readonly worker: LocalWorker;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Sessions between workers and the leader, as a server has them: it answers all workers, and its own is one of them. */
export interface Sessions {
  readonly service: SessionService;
  readonly dialer: SessionDialer;
  close(): void;
}

export function createSessions({ nodeName, region }: ServerOptions, modules: Modules): Sessions {
  const { engine, raft, membership, timers } = modules;
  const transport = new GrpcSessionTransport({}, { timers });
  const router = new SessionRouter({ region }, { ...modules, transport, leadership: () => leadershipOf(modules) });
  const dialer = new SessionDialer(
    {},
    {
      ...modules,
      transport,
      local: () => (engine.running && raft.leadershipValid() ? (channel) => engine.accept(channel) : undefined),
      servers: () =>
        membership
          .servers(region)
          .filter(({ name, status }) => status === 'alive' && name !== nodeName)
          .map(({ name, rpcAddress }) => ({ name, address: rpcAddress })),
    },
  );
  return {
    service: new SessionService({}, { router, timers }),
    dialer,
    close: () => {
      dialer.stop();
      router.close();
    },
  };
}

function leadershipOf({ engine, raft, membership }: Modules): SessionLeadership {
  if (engine.running) return { kind: 'self', accept: (channel) => engine.accept(channel) };
  const { id } = raft.leader();
  const address = id === '' || raft.isLeader() ? '' : membership.rpcAddress(id);
  return address === '' ? { kind: 'none' } : { kind: 'other', name: id, address, term: BigInt(raft.term) };
}
