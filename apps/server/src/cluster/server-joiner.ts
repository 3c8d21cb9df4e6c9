import { Joiner } from '@dkron/cluster';
import type { GossipNode } from '@dkron/gossip';
import type { RaftNode } from '@dkron/raft';
import type { Clock, Logger, Timers } from '@dkron/runtime';
import type { ServerOptions } from '../options.ts';
import type { PoolMembership } from './pool-membership.ts';

interface Modules {
  readonly pool: Pick<GossipNode, 'join' | 'members'>;
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
}

/** Looks for the pool: `join` once, `retryJoin` again and again while servers are missing. Names are resolved by gossip. */
export function createJoiner(options: ServerOptions, modules: Modules): Joiner {
  const { pool, raft, membership } = modules;
  const { nodeName, region, retryJoin, join, retryMax, retryInterval } = options;
  const again = retryJoin.length > 0;
  return new Joiner(
    { targets: again ? retryJoin : join, retryIntervalMs: retryInterval, retryMax: again ? retryMax : 0 },
    {
      ...modules,
      self: nodeName,
      resolve: (target) => Promise.resolve([target]),
      contact: async (addresses) => {
        const { contacted, failures } = await pool.join(addresses, { ignoreOld: again });
        const names = contacted === 0 ? [] : pool.members().map(({ name }) => name);
        return { names, failed: failures.map(({ address, reason }) => ({ address, why: reason })) };
      },
      servers: () => ({
        alive: membership.servers(region).filter(({ status }) => status === 'alive').length,
        // A member goes by its configuration: fewer than were expected once may be all there are.
        wanted: raft.getConfiguration().members.length || options.bootstrapExpect,
      }),
      onExhausted: modules.onFatal,
    },
  );
}
