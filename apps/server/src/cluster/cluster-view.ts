import type { GossipNode } from '@dkron/gossip';
import type { Member } from '@dkron/jobs';
import type { RaftNode } from '@dkron/raft';
import type { Engine } from '@dkron/scheduler';
import type { PoolMembership } from './pool-membership.ts';

/** What this server knows of its cluster, for those who ask it. */
export interface ClusterView {
  /** Whether this server leads, and its engine is at work. */
  leads(): boolean;
  /** Who leads, as far as it is known and reachable. */
  leader(): Member | undefined;
  /** Counters of gossip under the names of the original, as texts. */
  gossip(): Readonly<Record<string, string>>;
}

interface Modules {
  readonly raft: RaftNode;
  readonly engine: Engine;
  readonly membership: PoolMembership;
  readonly pool: () => GossipNode | undefined;
  readonly encrypted: boolean;
}

export function clusterView({ raft, engine, membership, pool, encrypted }: Modules): ClusterView {
  const leads = (): boolean => engine.running && raft.leadershipValid();
  return {
    leads,
    leader: () => {
      if (raft.isLeader()) return leads() ? membership.self() : undefined;
      const { id } = raft.leader();
      return membership.members().find(({ name }) => name === id);
    },
    gossip: () => {
      const members = membership.members();
      const count = (status: Member['status']): string => String(members.filter((one) => one.status === status).length);
      return {
        ...UNCOUNTED,
        encrypted: String(encrypted),
        failed: count('failed'),
        health_score: String(pool()?.healthScore ?? 0),
        left: count('left'),
        members: String(members.length),
      };
    },
  };
}

/** What our gossip does not count, with the values of a quiet node of the original. */
const UNCOUNTED = {
  coordinate_resets: '0',
  event_queue: '0',
  event_time: '1',
  intent_queue: '0',
  member_time: '1',
  query_queue: '0',
  query_time: '1',
};
