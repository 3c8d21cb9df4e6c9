import type { RaftNode } from '@dkron/raft';
import type { Clock, Logger, Timers } from '@dkron/runtime';
import type { PoolMembership } from './pool-membership.ts';

export interface LeaveModules {
  readonly nodeName: string;
  readonly raft: RaftNode;
  readonly membership: PoolMembership;
  /** Asks the leader at an address to take this server out. Rejects with its reason. */
  readonly askRemoval: (address: string, timeoutMs: number) => Promise<unknown>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** For finding a leader and being removed by it; whoever takes longer is removed when gossip says that it left. */
const REMOVED_WITHIN_MS = 15_000;
const CALL_MS = 5_000;
const AGAIN_MS = 100;

/** Whether the cluster would have no voter without this server. */
export function isLastVoter(raft: RaftNode, nodeName: string): boolean {
  const { voters, votersOutgoing } = raft.getConfiguration().conf;
  return voters.length === 1 && voters[0] === nodeName && votersOutgoing.length === 0;
}

/**
 * Takes this server out of the voters: a leader hands over first, and whoever leads then removes it. Resolves when that
 * is so, or when time is up.
 */
export async function leaveVoters(modules: LeaveModules): Promise<void> {
  const { nodeName, raft, membership, askRemoval, clock, timers, logger } = modules;
  if (raft.getConfiguration().conf.voters.length === 0 || isLastVoter(raft, nodeName)) return;
  const endMs = clock.monotonicMs() + REMOVED_WITHIN_MS;
  let why = 'nobody leads';
  while (clock.monotonicMs() < endMs) {
    try {
      if (raft.isLeader()) await raft.transferLeadership();
      const { id, address } = raft.leader();
      const leader = id === '' || id === nodeName ? '' : membership.rpcAddress(id) || address;
      if (leader !== '') {
        await askRemoval(leader, CALL_MS);
        logger.info('cluster: left the voters', { removed_by: id });
        return;
      }
    } catch (error) {
      // Of calls, text of the one who was called; of raft, fields.
      const { details, message } = error as Error & { readonly details?: unknown };
      why = typeof details === 'string' ? details : message;
      if (why.includes('was not found')) return;
    }
    await timers.sleep(AGAIN_MS);
  }
  logger.warn('cluster: not removed from the voters; the leader does it once gossip has forgotten this server', {
    why,
  });
}
