import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { noMetrics, silentLogger } from '@dkron/runtime';
import type { RaftCore } from '../core/raft/raft-core.ts';
import type { NodeId } from '../core/types.ts';
import type { IdentityStorage } from '../storage/identity.ts';
import type { PeersFile } from '../storage/peers-file.ts';
import type { LogStorage, SnapshotStorage } from '../storage/ports.ts';
import type { Transport } from '../transport/transport.ts';
import { type Failpoint, noFailpoint } from './failpoints.ts';
import type { StateMachine } from './state-machine.ts';

/** Where a server is dialled now. Asked for every time; gossip should win over what was configured. */
export interface Resolver {
  /** @param configured - address of the membership entry, `''` if it holds none. Returns `''` for unknown. */
  address(id: NodeId, configured: string): string;
}

/** Collaborators of a node. It opens and closes the log and the transport. */
export interface RaftNodeModules {
  readonly log: LogStorage;
  readonly snapshots: SnapshotStorage;
  readonly identity: IdentityStorage;
  readonly transport: Transport;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** @default what is configured, or the id itself */
  readonly resolver?: Resolver;
  /** Recovery by force: `peers.json`. @default none */
  readonly peersFile?: PeersFile;
  /**
   * A member of this cluster knows our birth while we belong to none: whether we follow. A text says why not.
   * @default yes
   */
  readonly admit?: (clusterId: string) => Promise<true | string>;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly failpoint?: Failpoint;
  /** For tests: is shown each core that the node makes, before anything else uses it. @default none */
  readonly onCore?: (core: RaftCore) => void;
}

export type ResolvedModules = Required<Omit<RaftNodeModules, 'peersFile' | 'onCore' | 'admit'>> &
  Pick<RaftNodeModules, 'peersFile' | 'onCore' | 'admit'>;

export function resolveModules(modules: RaftNodeModules): ResolvedModules {
  return {
    ...modules,
    resolver: modules.resolver ?? { address: (id, configured) => configured || id },
    logger: modules.logger ?? silentLogger,
    metrics: modules.metrics ?? noMetrics,
    failpoint: modules.failpoint ?? noFailpoint,
  };
}
