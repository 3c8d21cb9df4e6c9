import { GrpcRaftTransport } from '@dkron/raft-grpc';
import { askDescription, askPledge } from '../cluster/ask-nodes.ts';
import { UnaryCalls } from '../cluster/unary-calls.ts';
import type { DataPaths } from '../data-dir.ts';
import { openStore } from '../open-store.ts';
import type { ServerOptions } from '../options.ts';
import type { ServerCore } from './core.ts';
import { openCore } from './core.ts';
import type { Environment } from './environment.ts';
import type { Place } from './place.ts';

/** What a server shares with the others: the store, and the log that decides it. */
export interface ServerState extends ServerCore {
  /** To other nodes. */
  readonly calls: UnaryCalls;
  readonly transport: GrpcRaftTransport;
}

/** Reads back what is on disk. Nobody can reach this server yet. */
export async function openState(
  options: ServerOptions,
  { place, paths }: { readonly place: Place; readonly paths: DataPaths },
  environment: Environment,
): Promise<ServerState> {
  const { nodeName } = options;
  const { unwind } = environment;
  const store = await openStore(paths.store, options, environment);
  unwind.add(() => store.close());
  const { host: addr, port } = place.advertise;
  const own = { name: nodeName, addr, port, status: 'alive', tags: place.tags(options.rpcPort) } as const;
  const calls = new UnaryCalls();
  unwind.add(() => calls.close());
  const transport = new GrpcRaftTransport({ id: nodeName }, environment);
  const describe = askDescription(calls);
  const ports = { store, directory: paths.raft, transport, describe, askPledge: askPledge(calls) };
  return { ...(await openCore(options, own, ports, environment)), calls, transport };
}
