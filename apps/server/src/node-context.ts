import type { PluginStatus } from '@dkron/plugins/host';
import type { Clock, Logger } from '@dkron/runtime';
import type { Engine, Membership, Planner, ReplicatedLog } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { Backups } from './cluster/backups.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import type { Forwarding } from './http/forwarding.ts';
import type { MetricsRegistry } from './metrics/registry.ts';
import type { OfferedByName } from './node/own-offers.ts';
import type { ServerOptions } from './options.ts';
import type { OffersService } from './services/cluster-offers.ts';

/** What the services of one node share. */
export interface NodeContext {
  readonly options: ServerOptions;
  readonly store: Store;
  readonly log: ReplicatedLog;
  readonly engine: Engine;
  readonly planner: Planner;
  readonly membership: Membership;
  readonly cluster: ClusterView;
  /** What executions print, wherever the leader is; undefined = this server's engine knows. */
  readonly liveOutput?: Pick<Engine, 'watchOutput'>;
  /** Takes writes to the leader; undefined = this server is the only one. */
  readonly forwarding?: Forwarding;
  /** What runs jobs on this node, and what passes on their output here; in ascending order. */
  readonly executors: OfferedByName;
  readonly processors: OfferedByName;
  /** What all nodes have of these. */
  readonly offers: Pick<OffersService, 'list'>;
  /** How the plugins of this node are. */
  readonly plugins: () => readonly PluginStatus[];
  /**
   * Resolves once this node holds all that was committed before the call; rejects when no leader can say so. Undefined =
   * it always does, as the only server.
   */
  readonly caughtUp?: (() => Promise<void>) | undefined;
  /** Saves and restores the state of the cluster. */
  readonly backups: Pick<Backups, 'save' | 'restore'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined when nobody may read them. */
  readonly metrics: MetricsRegistry | undefined;
  /** Stops this node in order and ends its process. */
  readonly leave: () => void;
}
