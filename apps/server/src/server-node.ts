import { Describer, encodeNodeTags, refuseGoServers } from '@dkron/cluster';
import { storeCodec } from '@dkron/contracts';
import type { GossipNode } from '@dkron/gossip';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import { GrpcRaftTransport } from '@dkron/raft-grpc';
import type { Logger } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { Engine, Planner } from '@dkron/scheduler';
import { addressOf, listening } from './addresses.ts';
import { clusterView } from './cluster/cluster-view.ts';
import { openConsensus } from './cluster/consensus.ts';
import { checkNodeName, campaignIfAlone } from './cluster/found-alone.ts';
import { Leadership } from './cluster/leadership.ts';
import { askDescription } from './cluster/ask-nodes.ts';
import { LiveOutput } from './cluster/live-output.ts';
import { createPool, startPool } from './cluster/pool.ts';
import { PoolMembership } from './cluster/pool-membership.ts';
import { clusterAnswers, createFormation } from './cluster/server-formation.ts';
import { isLastVoter, leaveVoters } from './cluster/leave.ts';
import { createGoAgents } from './cluster/go-agents.ts';
import { createJoiner } from './cluster/server-joiner.ts';
import { createReconciler } from './cluster/server-reconciler.ts';
import { createSessions } from './cluster/sessions.ts';
import { UnaryCalls } from './cluster/unary-calls.ts';
import { writeForwarding } from './cluster/write-forwarding.ts';
import { prepareDataDir } from './data-dir.ts';
import { agentServices } from './grpc/agent-services.ts';
import { dkronPort } from './grpc/dkron-port.ts';
import { dkronServices } from './grpc/dkron-services.ts';
import { listenGrpc } from './grpc/grpc-server.ts';
import type { HttpServer } from './http/http-server.ts';
import { listenHttp } from './http/http-server.ts';
import { startWorker } from './local-worker.ts';
import { MeteredLog } from './metrics/metered-log.ts';
import { addProcessMetrics } from './metrics/process-metrics.ts';
import { MetricsRegistry } from './metrics/registry.ts';
import { countRuns } from './metrics/run-metrics.ts';
import type { NodeContext } from './node-context.ts';
import { openStore } from './open-store.ts';
import type { ServerOptions } from './options.ts';
import { processResults } from './process-results.ts';
import { settle } from './settings.ts';
import { VERSION } from './version.ts';

const GOSSIP_PORT = 8946;
const HTTP_PORT = 8080;
/** For proposals under way once the worker is done. */
const DRAIN_MS = 2_000;

export interface ServerNode {
  readonly httpPort: number;
  readonly rpcPort: number;
  /** `host:port` of gossip, as others are told. */
  readonly gossipAddress: string;
  /** Stops in the reverse order of the start; waits for running executions at most `stopTimeout`. */
  stop(): Promise<void>;
  /** The same, and the cluster goes on without this server; the last of its voters only stops. */
  leave(): Promise<void>;
  /** Ends after a failed write: no further command, no wait; everything open is closed. */
  abandon(): Promise<void>;
}

export interface ServerNodeEvents {
  /** A write failed: the process has to end. */
  readonly onFatal: (error: Error) => void;
  /** A client asked this node to go: it has to be stopped. */
  readonly onLeave: () => void;
}

/**
 * Starts the parts of a server in their order: data directory, store, consensus, engine, worker, gRPC, HTTP, gossip; then
 * it founds a cluster, finds one, or goes on in its own. Resolves when a server that is to begin alone leads, another one
 * when it has looked for its cluster once.
 * Throws {@link StartError} when the machine or the options do not allow it.
 */
export async function startNode(
  options: ServerOptions,
  logger: Logger,
  { onFatal, onLeave }: ServerNodeEvents,
): Promise<ServerNode> {
  const httpAddress = addressOf('http-addr', options.httpAddr, HTTP_PORT);
  const bind = addressOf('bind-addr', options.bindAddr, GOSSIP_PORT);
  const advertise = addressOf('advertise-addr', options.advertiseAddr || options.bindAddr, GOSSIP_PORT);
  const paths = prepareDataDir(options.dataDir);
  // First, while this process is small: starting a process costs the more the larger its parent is.
  const spawnHelper = await SpawnHelper.start({ program: options.spawnHelper }, { timers: systemTimers, logger });
  const undo: (() => Promise<void>)[] = [() => spawnHelper.close()];
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const registry = options.enablePrometheus ? new MetricsRegistry() : undefined;
    const metrics = registry ?? noMetrics;
    const common = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics };
    const store = await openStore(paths.store, options, { logger, metrics });
    undo.push(() => store.close());

    const tagsWith = (rpcPort: number, server = true): Record<string, string> =>
      encodeNodeTags({
        region: options.region,
        datacenter: options.datacenter,
        version: VERSION,
        server,
        expect: options.bootstrapExpect,
        rpc: { ip: advertise.host, port: options.advertiseRpcPort || rpcPort },
        user: options.tags,
      });
    const own = { name: options.nodeName, addr: advertise.host, port: advertise.port, status: 'alive' as const };
    const membership = new PoolMembership({ ...own, tags: tagsWith(options.rpcPort) });
    // What begins after those that refer to it.
    const late: { pool?: GossipNode; http?: HttpServer } = {};
    const calls = new UnaryCalls();
    undo.push(async () => calls.close());
    const transport = new GrpcRaftTransport({ id: options.nodeName }, common);
    const consensus = await openConsensus(
      {
        directory: paths.raft,
        nodeName: options.nodeName,
        region: options.region,
        tickMs: 100 * options.raftMultiplier,
      },
      {
        ...common,
        store,
        codec: storeCodec.command,
        transport,
        resolver: { address: (id, configured) => membership.rpcAddress(id) || configured },
        admit: (clusterId) => formation.admit(clusterId),
      },
    );
    const raft = consensus.node;
    undo.push(() => raft.stop());
    raft.on('fatal', ({ error }) => onFatal(error));
    checkNodeName(raft, options.nodeName);
    const formation = createFormation(options, { ...common, consensus, calls, onFatal });
    undo.push(async () => formation.stop());

    const log = registry ? new MeteredLog({ log: consensus.log, store, clock: systemClock, registry }) : consensus.log;
    if (registry) countRuns({ store, log, registry });
    const planner = new Planner({ region: options.region });
    const { process: processResult, names: processors } = processResults(options.nodeName, systemTimers, logger);
    const engine = new Engine(
      {
        clusterId: () => raft.identity.clusterId,
        tickGraceMs: options.tickGrace,
        killGraceMs: options.killGrace,
        leaseMs: options.lease,
        forbidHoldMs: options.forbidHold,
      },
      { log, view: store, membership, planner, processResult, ...common },
    );
    const worker = await startWorker(paths.journal, options, { ...common, spawnHelper });
    undo.push(() => worker.stop(0));
    const sessions = createSessions(options, { ...common, engine, raft, membership, worker });
    const describer = new Describer({}, { ask: askDescription(calls), clock: systemClock });
    const goAgents = createGoAgents(options, { ...common, engine, store, membership, describer });
    undo.push(async () => goAgents.stop());
    const direct = agentServices(options, {
      ...common,
      worker,
      servers: () =>
        membership.servers(options.region).flatMap((one) => (one.status === 'alive' ? [one.rpcAddress] : [])),
    });
    undo.push(async () => direct.close());

    let leaving = false;
    const cluster = clusterView({ raft, engine, membership, pool: () => late.pool, encrypted: options.encrypt !== '' });
    const liveOutput = new LiveOutput({
      ...common,
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
      forwarding: writeForwarding({ ...common, raft, cluster, membership, calls }),
      executors: worker.executors,
      processors,
      caughtUp: async () => void (await raft.readIndex()),
      clock: systemClock,
      logger,
      metrics: registry,
      leave: onLeave,
    };
    let membersChanged = (): void => undefined;
    const dkron = dkronServices({
      port: dkronPort({ node, raft, membership, onRemoved: () => membersChanged() }),
      timers: systemTimers,
      logger,
    });
    undo.push(async () => dkron.close());
    const grpc = await listening('rpc-port', { host: bind.host, port: options.rpcPort }, (at) =>
      listenGrpc(at, {
        cluster: clusterAnswers(formation, consensus, () => leaving),
        forwarded: (request) => late.http?.forwarded(request) ?? Promise.reject(new Error('the server is starting')),
        raw: [transport, sessions.service, ...dkron.raw, ...direct.raw, liveOutput.raw],
      }),
    );
    undo.push(() => grpc.close());
    const api = await listening('http-addr', httpAddress, (at) => listenHttp(node, at));
    late.http = api;
    undo.push(() => api.close());
    if (registry) addProcessMetrics(registry);

    const leadership = new Leadership({
      node: raft,
      logger,
      onGain: async () => {
        const { defaultTimezone } = await settle(options, { store, log, ...common });
        planner.schedules.useTimezone(defaultTimezone);
        goAgents.start();
        engine.start();
        registry?.counter('dkron_scheduler_start', 'Times this node began to schedule').add(1);
        sessions.dialer.wake();
      },
      onLoss: () => {
        goAgents.stop();
        engine.stop();
      },
    });
    undo.push(async () => engine.stop());
    raft.on('leadership', () => sessions.dialer.wake());

    const begun = createPool({ ...options, tags: tagsWith(grpc.port, false) }, { bind, advertise }, common);
    await startPool(begun, { bind, advertise });
    undo.push(() => begun.stop());
    late.pool = begun;
    membership.attach(begun);
    const reconciler = createReconciler(options, { ...common, raft, membership, describer });
    undo.push(async () => reconciler.stop());
    const look = (): void => {
      formation.view(membership.others(options.region));
      sessions.dialer.wake();
    };
    begun.on('memberChange', ({ change, member }) => {
      look();
      if (change === 'reap') reconciler.reaped(member.name);
      else if (change === 'join') reconciler.joined(member.name);
      else reconciler.changed();
      if (change === 'join') goAgents.restarted(member.name);
      goAgents.sync();
    });
    await formation.start();
    campaignIfAlone(raft, options.nodeName);
    const joiner = createJoiner(options, { ...common, pool: begun, raft, membership, onFatal });
    undo.push(async () => joiner.stop());
    joiner.start();
    await joiner.firstRound;
    // A server of the original would make whoever calls itself server a voter of its cluster.
    await refuseGoServers(membership.servers(options.region), options.nodeName, describer);
    await begun.setTags(tagsWith(grpc.port));
    membership.changed();
    look();
    formation.joinRoundOver();
    reconciler.start();
    membersChanged = () => reconciler.changed();
    raft.on('leadership', () => reconciler.changed());
    sessions.dialer.start();
    undo.push(async () => sessions.close());
    const alone = options.bootstrapExpect === 1 && options.join.length + options.retryJoin.length === 0;
    if (alone) await leadership.firstGain();
    logger.info('server: ready', { node: options.nodeName, http: api.port, data_dir: options.dataDir });
    const stop = async (): Promise<void> => {
      const isLast = isLastVoter(raft, options.nodeName);
      if (leaving) await leaveVoters({ ...common, nodeName: options.nodeName, raft, membership, calls });
      // What runs is reported to the next leader.
      if (raft.isLeader() && !isLast) await raft.transferLeadership().catch(() => undefined);
      await worker.stop(options.stopTimeout);
      await engine.drain(DRAIN_MS);
      if (leaving && !isLast) await begun.leave();
      await unwind();
    };
    let stopping: Promise<void> | undefined;
    return {
      httpPort: api.port,
      rpcPort: grpc.port,
      gossipAddress: `${begun.address.ip}:${begun.address.port}`,
      stop: () => (stopping ??= stop()),
      leave: () => {
        leaving ||= stopping === undefined;
        return (stopping ??= stop());
      },
      abandon: async () => {
        // The store may not be written any more; commands of jobs must not outlive the server that reports them.
        await worker.stop(0);
        await unwind();
      },
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}
