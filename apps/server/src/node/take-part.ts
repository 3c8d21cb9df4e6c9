import type { Reconciler } from '@dkron/cluster';
import { refuseGoServers } from '@dkron/cluster';
import { createPool, nameTaken, startPool } from '@dkron/config/parts';
import type { GossipNode } from '@dkron/gossip';
import { campaignIfAlone } from '../cluster/found-alone.ts';
import { createJoiner } from '../cluster/server-joiner.ts';
import { createReconciler } from '../cluster/server-reconciler.ts';
import type { ServerOptions } from '../options.ts';
import type { ServerCore } from './core.ts';
import type { Environment } from './environment.ts';
import type { Late } from './serve.ts';
import type { Place } from './place.ts';
import type { Scheduling } from './scheduling.ts';

interface Parts {
  readonly place: Place;
  readonly state: ServerCore;
  readonly work: Scheduling;
  readonly late: Late;
  /** Where gRPC listens. */
  readonly rpcPort: number;
}

/** What is done with gossip here. */
type JoinedPool = Pick<GossipNode, 'members' | 'member' | 'on' | 'join' | 'setTags'>;

/** Joins the pool of gossip, and with it the cluster. @throws as {@link joinCluster} */
export async function takePart(options: ServerOptions, parts: Parts, environment: Environment): Promise<GossipNode> {
  const { place, late, rpcPort } = parts;
  const pool = createPool({ ...options, tags: place.tags(rpcPort, 'probation') }, place, environment);
  await startPool(pool, place);
  environment.unwind.add(() => pool.stop());
  late.pool = pool;
  await joinCluster(options, pool, parts, environment);
  return pool;
}

/**
 * With a pool that has begun, on probation: founds a cluster with others, waits for a leader that adds this server, or goes
 * on where it was. Resolves when every join target was tried once.
 * @throws StartError; ClusterError `go_server`
 */
export async function joinCluster(
  options: ServerOptions,
  pool: JoinedPool,
  parts: Parts,
  environment: Environment,
): Promise<void> {
  const { place, state, work, late, rpcPort } = parts;
  const { membership, consensus, formation } = state;
  const { unwind, signal } = environment;
  const isEnding = (): boolean => signal?.aborted === true;
  const raft = consensus.node;
  membership.attach(pool);
  const reconciler = createReconciler(options, { ...environment, raft, membership, describer: work.describer });
  unwind.add(() => reconciler.stop());
  watchPool(options, pool, { ...parts, reconciler }, environment);
  await formation.start();
  campaignIfAlone(raft, options.nodeName);
  const joiner = createJoiner(options, { ...environment, pool, raft, membership });
  unwind.add(() => joiner.stop());
  signal?.addEventListener('abort', () => joiner.stop(), { once: true });
  joiner.start();
  await joiner.firstRound;
  if (isEnding()) return;
  // A server of the original would make whoever calls itself server a voter of its cluster.
  await refuseGoServers(membership.servers(options.region), options.nodeName, work.describer);
  if (isEnding()) return;
  await pool.setTags(place.tags(rpcPort));
  membership.changed();
  formation.view(membership.others(options.region));
  formation.joinRoundOver();
  reconciler.start();
  state.survey.start();
  raft.on('configuration', () => state.survey.soon());
  late.membersChanged = () => reconciler.changed();
  raft.on('leadership', () => reconciler.changed());
  work.sessions.dialer.start();
  unwind.add(() => work.sessions.close());
}

/** Who comes and goes concerns formation, the voters, this node's session, and agents of the original. */
function watchPool(
  options: ServerOptions,
  pool: JoinedPool,
  { state, work, reconciler }: Parts & { readonly reconciler: Reconciler },
  { onFatal }: Environment,
): void {
  const { membership, formation, survey } = state;
  const { sessions, goAgents } = work;
  pool.on('memberChange', ({ change, member }) => {
    formation.view(membership.others(options.region));
    survey.soon();
    sessions.dialer.wake();
    if (change === 'reap') reconciler.reaped(member.name);
    else if (change === 'join') reconciler.joined(member.name);
    else reconciler.changed();
    if (change === 'join') goAgents.restarted(member.name);
    goAgents.sync();
  });
  // A restart that nobody saw: what its process ran is gone with it.
  pool.on('joinedAnew', ({ member }) => goAgents.restarted(member.name));
  pool.on('stopped', ({ reason }) => {
    if (reason === 'conflict') onFatal(nameTaken(options.nodeName));
  });
}
