import { forwardService } from '@dkron/contracts';
import type { RaftNode } from '@dkron/raft';
import type { Clock, Timers } from '@dkron/runtime';
import type { Forwarding, WritePlace } from '../http/forwarding.ts';
import type { ClusterView } from './cluster-view.ts';
import type { PoolMembership } from './pool-membership.ts';
import type { UnaryCalls } from './unary-calls.ts';

interface Modules {
  readonly raft: RaftNode;
  readonly cluster: ClusterView;
  readonly membership: PoolMembership;
  readonly calls: UnaryCalls;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** A failover takes about two election timeouts. */
const WAIT_MS = 2_500;
const LOOK_MS = 25;
/** A run that is waited for may take this long; its client ends it earlier. */
const CALL_MS = 24 * 3_600_000;

/** Finds the leader for writes that reached this server, and passes them on. */
export function writeForwarding({ raft, cluster, membership, calls, clock, timers }: Modules): Forwarding {
  const now = (): WritePlace | undefined => {
    if (cluster.leads()) return { kind: 'here' };
    if (raft.isLeader()) return undefined;
    const { id } = raft.leader();
    const address = id === '' ? '' : membership.rpcAddress(id);
    return address === '' ? undefined : { kind: 'leader', name: id, address };
  };
  return {
    leads: () => cluster.leads(),
    place: async () => {
      const endMs = clock.monotonicMs() + WAIT_MS;
      let place = now();
      while (place === undefined && clock.monotonicMs() < endMs) {
        await timers.sleep(LOOK_MS);
        place = now();
      }
      return place;
    },
    send: (address, request, signal) =>
      calls.call(address, forwardService.forward, request, { timeoutMs: CALL_MS, signal }),
  };
}
