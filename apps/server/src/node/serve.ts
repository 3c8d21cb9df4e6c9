import { offersNodeService } from '@dkron/agent-grpc/node-services';
import type { NodeOffers } from '@dkron/contracts';
import type { GossipNode } from '@dkron/gossip';
import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import { listening } from '@dkron/config/parts';
import { askOffers } from '../cluster/ask-nodes.ts';
import { Backups } from '../cluster/backups.ts';
import { clusterView } from '../cluster/cluster-view.ts';
import type { Leadership } from '../cluster/leadership.ts';
import { LiveOutput } from '../cluster/live-output.ts';
import { clusterAnswers } from '../cluster/server-formation.ts';
import { writeForwarding } from '../cluster/write-forwarding.ts';
import { agentServices } from '../grpc/agent-services.ts';
import { dkronPort } from '../grpc/dkron-port.ts';
import { dkronServices } from '../grpc/dkron-services.ts';
import type { GrpcModules, GrpcServer } from '../grpc/grpc-server.ts';
import { listenGrpc } from '../grpc/grpc-server.ts';
import type { HttpServer } from '../http/http-server.ts';
import { listenHttp } from '../http/http-server.ts';
import { addProcessMetrics } from '../metrics/process-metrics.ts';
import type { NodeContext } from '../node-context.ts';
import type { ServerOptions } from '../options.ts';
import { OffersService } from '../services/cluster-offers.ts';
import type { Environment } from './environment.ts';
import { ownOffers } from './own-offers.ts';
import type { Place } from './place.ts';
import type { ServerState } from './state.ts';
import type { ServerWork } from './work.ts';

/** What begins after those that refer to it. */
export interface Late {
  pool?: GossipNode;
  http?: HttpServer;
  leadership?: Leadership;
  /** The configuration of consensus was changed by hand. */
  membersChanged?: () => void;
  /** This server is about to leave its cluster. */
  leaving: boolean;
}

export interface Parts {
  readonly place: Place;
  readonly state: ServerState;
  readonly work: ServerWork;
  readonly late: Late;
  /** For backups that are made ready. */
  readonly restoreFolder: string;
  /** A client asked this node to go. */
  readonly onLeave: () => void;
}

export interface Serving {
  readonly grpc: GrpcServer;
  readonly http: HttpServer;
}

/** Listens: gRPC for nodes, HTTP for clients. Not ready yet: nothing is known of a cluster. */
export async function serve(options: ServerOptions, parts: Parts, environment: Environment): Promise<Serving> {
  const { place, late } = parts;
  const { unwind, registry } = environment;
  const { node, liveOutput } = contextOf(options, parts, environment);
  const services = servicesOf(options, { ...parts, node, liveOutput }, environment);
  const grpc = await listening('rpc-port', { host: place.bind.host, port: options.rpcPort }, (at) =>
    listenGrpc(at, services),
  );
  unwind.add(() => grpc.close());
  const http = await listening('http-addr', place.http, (at) => listenHttp(node, at));
  late.http = http;
  unwind.add(() => http.close());
  if (registry) addProcessMetrics(registry);
  return { grpc, http };
}

interface Context {
  readonly node: NodeContext;
  readonly liveOutput: LiveOutput;
}

function contextOf(
  options: ServerOptions,
  { state, work, late, restoreFolder, onLeave }: Parts,
  environment: Environment,
): Context {
  const { store, membership, calls, consensus } = state;
  const { log, planner, engine, worker, processors, plugins } = work;
  const { clock, logger, registry } = environment;
  const raft = consensus.node;
  const cluster = clusterView({ raft, engine, membership, pool: () => late.pool, encrypted: options.encrypt !== '' });
  const liveOutput = new LiveOutput({
    ...environment,
    store,
    engine,
    calls,
    leads: () => cluster.leads(),
    leaderAddress: () => (raft.isLeader() ? '' : membership.rpcAddress(raft.leader().id)),
  });
  const node: NodeContext = {
    options,
    liveOutput,
    store,
    log,
    engine,
    planner,
    membership,
    cluster,
    forwarding: writeForwarding({ ...environment, raft, cluster, membership, calls }),
    executors: worker.executors,
    processors,
    offers: new OffersService({
      own: () => offersOfNode(work),
      membership,
      addressOf: (name) => membership.rpcAddress(name),
      ask: askOffers(calls),
      clock,
    }),
    plugins: () => plugins.status(),
    backups: new Backups(
      { ...options, folder: restoreFolder },
      { ...environment, raft, engine, features: state.features, log: consensus.log, leadership: () => late.leadership },
    ),
    caughtUp: async () => void (await raft.readIndex()),
    clock,
    logger,
    metrics: registry,
    leave: onLeave,
  };
  return { node, liveOutput };
}

function offersOfNode({ worker: { executors }, processors, plugins }: ServerWork): NodeOffers {
  return ownOffers({ executors, processors, plugins: () => plugins.status() });
}

function servicesOf(
  options: ServerOptions,
  { state, work, late, node, liveOutput }: Parts & Context,
  environment: Environment,
): GrpcModules {
  const { membership, transport, consensus, formation } = state;
  const { unwind, clock } = environment;
  const dkron = dkronServices({
    ...environment,
    port: dkronPort({ node, raft: consensus.node, membership, onRemoved: () => late.membersChanged?.() }),
  });
  unwind.add(() => dkron.close());
  const direct = agentServices(options, {
    ...environment,
    worker: work.worker,
    servers: () =>
      membership.servers(options.region).flatMap((one) => (one.status === 'alive' ? [one.rpcAddress] : [])),
  });
  unwind.add(() => direct.close());
  return {
    cluster: clusterAnswers(
      formation,
      consensus,
      () => late.leaving,
      () => ({ featureMax: options.featureLevelMax, wallMs: Number(clock.wallNanos() / NANOS_PER_MILLISECOND) }),
    ),
    forwarded: (request) => late.http?.forwarded(request) ?? Promise.reject(new Error('the server is starting')),
    timers: environment.timers,
    // Ready: it follows a leader, or is the one.
    health: { '': () => late.http !== undefined && !late.leaving, ready: () => consensus.node.leader().id !== '' },
    raw: [
      offersNodeService(() => offersOfNode(work)),
      transport,
      work.sessionService,
      ...dkron.raw,
      ...direct.raw,
      liveOutput.raw,
    ],
  };
}
