import type { Leadership as SessionLeadership } from '@dkron/agent-grpc';
import type { SessionTransport, SessionWorker } from '@dkron/agent-grpc';
import { SessionDialer, SessionRouter } from '@dkron/agent-grpc';
import type { RaftNode } from '@dkron/raft';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { Engine } from '@dkron/scheduler';
import type { ServerOptions } from '../options.ts';
import type { PoolMembership } from './pool-membership.ts';

interface Modules {
  readonly engine: Engine;
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  readonly worker: SessionWorker;
  /** To other servers. */
  readonly transport: SessionTransport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Sessions between workers and the leader, as a server has them: it answers all workers, and its own is one of them. */
export interface Sessions {
  readonly router: SessionRouter;
  readonly dialer: SessionDialer;
  close(): void;
}

export function createSessions({ nodeName, region }: ServerOptions, modules: Modules): Sessions {
  const { engine, raft, membership } = modules;
  const router = new SessionRouter({ region }, { ...modules, leadership: () => leadershipOf(modules) });
  const dialer = new SessionDialer(
    {},
    {
      ...modules,
      local: () => (engine.running && raft.leadershipValid() ? (channel) => engine.accept(channel) : undefined),
      servers: () =>
        membership
          .servers(region)
          .filter(({ name, status }) => status === 'alive' && name !== nodeName)
          .map(({ name, rpcAddress }) => ({ name, address: rpcAddress })),
    },
  );
  return {
    router,
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
