import type { Contact } from '@dkron/cluster';
import { Describer, makeChange, Reconciler } from '@dkron/cluster';
import type { RaftNode } from '@dkron/raft';
import type { Clock, Logger, Timers } from '@dkron/runtime';
import type { ServerOptions } from '../options.ts';
import type { PoolMembership } from './pool-membership.ts';

interface Modules {
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  readonly describer: Describer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Entries that a server with the log near its end may lack. */
const NEAR_ENTRIES = 1_000;
const NO_CONTACT: Contact = { recent: false, caughtUp: false, hasConfiguration: false };

/** Makes the voters follow gossip while this server leads. */
export function createReconciler(options: ServerOptions, modules: Modules): Reconciler {
  const { raft, membership } = modules;
  return new Reconciler(
    {
      name: options.nodeName,
      intervalMs: options.reconcileInterval,
      replaceAfterMs: options.serverReplaceAfter,
    },
    {
      ...modules,
      servers: () => membership.servers(options.region),
      raft: {
        isLeader: () => raft.leadershipValid(),
        clusterId: () => raft.identity.clusterId,
        configuration: () => {
          const { index, conf, members } = raft.getConfiguration();
          const servers = members.map(({ id, suffrage, birth }) => ({ id, voter: suffrage === 'voter', birth }));
          return { index, joint: conf.votersOutgoing.length > 0, servers };
        },
        contact: (id) => contactOf(raft, id, options.nodeName),
        change: (change, prevIndex) => makeChange(raft, change, prevIndex),
      },
    },
  );
}

function contactOf(raft: RaftNode, id: string, self: string): Contact {
  if (id === self) return { recent: true, caughtUp: true, hasConfiguration: true };
  const { peers, lastIndex } = raft.stats();
  const peer = peers.find((one) => one.id === id);
  if (peer === undefined) return NO_CONTACT;
  return {
    recent: peer.recentActive,
    caughtUp: peer.match + NEAR_ENTRIES >= lastIndex,
    hasConfiguration: peer.match >= raft.getConfiguration().index,
  };
}
