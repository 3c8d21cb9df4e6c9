import type { Formation } from '@dkron/cluster';
import { storeCodec } from '@dkron/contracts';
import { GrpcRaftTransport } from '@dkron/raft-grpc';
import type { Store } from '@dkron/store';
import type { Consensus } from '../cluster/consensus.ts';
import { openConsensus } from '../cluster/consensus.ts';
import { checkNodeName } from '../cluster/found-alone.ts';
import { PoolMembership } from '../cluster/pool-membership.ts';
import { createFormation } from '../cluster/server-formation.ts';
import { UnaryCalls } from '../cluster/unary-calls.ts';
import type { DataPaths } from '../data-dir.ts';
import { openStore } from '../open-store.ts';
import type { ServerOptions } from '../options.ts';
import type { Environment } from './environment.ts';
import type { Place } from './place.ts';

const TICK_MS = 100;

/** What a server shares with the others: the store, and the log that decides it. */
export interface ServerState {
  readonly store: Store;
  readonly membership: PoolMembership;
  /** To other nodes. */
  readonly calls: UnaryCalls;
  readonly transport: GrpcRaftTransport;
  readonly consensus: Consensus;
  readonly formation: Formation;
}

/** Reads back what is on disk. Nobody can reach this server yet. */
export async function openState(
  options: ServerOptions,
  { place, paths }: { readonly place: Place; readonly paths: DataPaths },
  environment: Environment,
): Promise<ServerState> {
  const { nodeName, region } = options;
  const { unwind, onFatal } = environment;
  const store = await openStore(paths.store, options, environment);
  unwind.add(() => store.close());
  const { host: addr, port } = place.advertise;
  const own = { name: nodeName, addr, port, status: 'alive', tags: place.tags(options.rpcPort) } as const;
  const membership = new PoolMembership(own);
  const calls = new UnaryCalls();
  unwind.add(() => calls.close());
  const transport = new GrpcRaftTransport({ id: nodeName }, environment);
  const consensus = await openConsensus(
    { directory: paths.raft, nodeName, region, tickMs: TICK_MS * options.raftMultiplier },
    {
      ...environment,
      store,
      codec: storeCodec.command,
      transport,
      resolver: { address: (id, configured) => membership.rpcAddress(id) || configured },
      admit: (clusterId) => formation.admit(clusterId),
    },
  );
  const { node } = consensus;
  unwind.add(() => node.stop());
  node.on('fatal', ({ error }) => onFatal(error));
  checkNodeName(node, nodeName);
  const formation = createFormation(options, { ...environment, consensus, calls });
  unwind.add(() => formation.stop());
  return { store, membership, calls, transport, consensus, formation };
}
