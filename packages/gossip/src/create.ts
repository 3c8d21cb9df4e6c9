import { localAddresses } from './net/advertise.ts';
import { KeyringFile } from './net/keyring-file.ts';
import { systemResolver } from './net/resolve.ts';
import { SnapshotFile } from './net/snapshot-file.ts';
import { SocketTransport } from './net/socket-transport.ts';
import { GossipNode } from './node/gossip-node.ts';
import type { NodeModules } from './node/modules.ts';
import { DEFAULT_PORT, type GossipOptions } from './node/options.ts';

/** {@link GossipOptions}, and files. */
export interface CreateOptions extends GossipOptions {
  /** File that remembers members and clocks, so that a restarted node finds its pool. Default: none. */
  readonly snapshotPath?: string;
  /** File of the key ring; once it is there its keys count and those of the options do not. Default: none. */
  readonly keyringPath?: string;
}

/** Clock, timers and chance; everything else has what the platform offers. */
export type CreateModules = Pick<NodeModules, 'clock' | 'timers' | 'random'> & Partial<NodeModules>;

/** A member of a pool, on sockets of this machine. Throws TypeError for options that cannot work; opens nothing. */
export function create(options: CreateOptions, modules: CreateModules): GossipNode {
  const { snapshotPath, keyringPath, ...nodeOptions } = options;
  const { timers, logger } = modules;
  const socket = { ip: options.bindIp ?? '0.0.0.0', port: options.bindPort ?? DEFAULT_PORT };
  return new GossipNode(nodeOptions, {
    transport: modules.transport ?? new SocketTransport(socket, { timers }),
    resolver: systemResolver,
    localAddresses,
    ...(snapshotPath !== undefined && {
      snapshot: new SnapshotFile({ path: snapshotPath }, { timers, ...(logger && { logger }) }),
    }),
    ...(keyringPath !== undefined && { keyringStore: new KeyringFile({ path: keyringPath }) }),
    ...modules,
  });
}
