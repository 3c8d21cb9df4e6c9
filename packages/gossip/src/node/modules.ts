import {
  type Clock,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  silentLogger,
  type Timers,
} from '@dkron/runtime';
import type { KeyCommandInfo } from '../core/serf/context.ts';
import type { Member } from '../core/types.ts';
import type { LocalAddress } from '../net/advertise.ts';
import type { Resolver } from '../net/resolve.ts';
import type { GossipTransport } from '../net/transport.ts';
import type { KeyringStore, SnapshotStore } from './stores.ts';

/** What decides for the pool's owner. Called synchronously: must not call back. */
export interface GossipPolicy {
  /** Whether to take these members into the pool: an allow-list. Default: all. */
  readonly accepts?: (members: readonly Member[]) => boolean;
  /** Whether to carry out a key command of another member. Default: yes, as Serf. */
  readonly allowsKeyCommand?: (info: KeyCommandInfo) => boolean;
  /** For how long a failed member is tried again, ms; `undefined`: as the options say. */
  readonly reconnectTimeoutMs?: (member: Member) => number | undefined;
}

/** Collaborators of a node. */
export interface NodeModules extends GossipPolicy {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly transport: GossipTransport;
  readonly resolver: Resolver;
  /** Addresses of this machine, for what to tell others. */
  readonly localAddresses: () => readonly LocalAddress[];
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Default: nothing is remembered. */
  readonly snapshot?: SnapshotStore;
  /** Its keys come before those of the options. Default: none. */
  readonly keyringStore?: KeyringStore;
}

export type ResolvedModules = NodeModules & Required<Pick<NodeModules, 'logger' | 'metrics'>>;

export function resolveModules(modules: NodeModules): ResolvedModules {
  return { ...modules, logger: modules.logger ?? silentLogger, metrics: modules.metrics ?? noMetrics };
}
