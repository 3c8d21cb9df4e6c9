import type { GossipNode } from '@dkron/gossip';
import { DkronService } from '@dkron/contracts/types-v1';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import type { Logger } from '@dkron/runtime';
import { prepareDataDir } from './data-dir.ts';
import type { Environment } from './node/environment.ts';
import { environmentOf } from './node/environment.ts';
import { followLeadership } from './node/lead.ts';
import { placeOf } from './node/place.ts';
import type { Late, Serving } from './node/serve.ts';
import { serve } from './node/serve.ts';
import type { ServerState } from './node/state.ts';
import { openState } from './node/state.ts';
import { takePart } from './node/take-part.ts';
import { stopInOrder } from './node/stop.ts';
import type { ServerWork } from './node/work.ts';
import { openWork } from './node/work.ts';
import type { ServerOptions } from './options.ts';

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
  /** Ends the start: what has begun is closed, and the start rejects with {@link StartStopped}. */
  readonly signal?: AbortSignal;
}

/** Told to end before it was ready; everything is closed. */
export class StartStopped extends Error {}

/**
 * Starts the parts of a server in their order: data directory, store, consensus, engine, worker, gRPC, HTTP, gossip; then
 * it founds a cluster, finds one, or goes on in its own. Resolves when a server that is to begin alone leads, another one
 * when it has looked for its cluster once.
 * Throws {@link StartError} when the machine or the options do not allow it.
 */
export async function startNode(
  options: ServerOptions,
  logger: Logger,
  { onLeave, ...events }: ServerNodeEvents,
): Promise<ServerNode> {
  const { signal } = events;
  const goOn = (): void => {
    if (signal?.aborted === true) throw new StartStopped('the server was told to end before it was ready');
  };
  const place = placeOf(options);
  const paths = prepareDataDir(options.dataDir);
  const environment = environmentOf(options, logger, events);
  const { unwind, timers } = environment;
  // First, while this process is small: starting a process costs the more the larger its parent is.
  const spawnHelper = await SpawnHelper.start({ program: options.spawnHelper }, { timers, logger });
  unwind.add(() => spawnHelper.close());
  try {
    const late: Late = { leaving: false };
    goOn();
    const state = await openState(options, { place, paths }, environment);
    goOn();
    const work = await openWork(options, { state, journal: paths.journal, spawnHelper }, environment);
    goOn();
    const serving = await serve(
      options,
      { place, state, work, late, restoreFolder: paths.restore, onLeave },
      environment,
    );
    const leadership = followLeadership(options, { state, work }, environment);
    late.leadership = leadership;
    const rpcPort = serving.grpc.port;
    goOn();
    const pool = await takePart(options, { place, state, work, late, rpcPort }, environment);
    const isAlone =
      (options.bootstrapExpect === 1 || options.foundsAlone) && options.join.length + options.retryJoin.length === 0;
    goOn();
    if (isAlone) await Promise.race([leadership.firstGain(), aborted(signal)]);
    goOn();
    logger.info('server: ready', { node: options.nodeName, http: serving.http.port, data_dir: options.dataDir });
    return handleOf(options, { state, work, late, serving, pool }, environment);
  } catch (error) {
    await unwind.run();
    throw error;
  }
}

/** Never settles without a signal. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}

interface Running {
  readonly state: ServerState;
  readonly work: ServerWork;
  readonly late: Late;
  readonly serving: Serving;
  readonly pool: GossipNode;
}

function handleOf(options: ServerOptions, running: Running, environment: Environment): ServerNode {
  const { work, late, serving, pool } = running;
  let stopping: Promise<void> | undefined;
  const { calls } = running.state;
  const askRemoval = (address: string, timeoutMs: number): Promise<unknown> =>
    calls.call(address, DkronService.raftRemovePeerById, { id: options.nodeName }, { timeoutMs });
  const stop = (): Promise<void> => (stopping ??= stopInOrder(options, { ...running, askRemoval }, environment));
  return {
    httpPort: serving.http.port,
    rpcPort: serving.grpc.port,
    gossipAddress: `${pool.address.ip}:${pool.address.port}`,
    stop,
    leave: () => {
      late.leaving ||= stopping === undefined;
      return stop();
    },
    abandon: async () => {
      // The store may not be written any more; commands of jobs must not outlive the server that reports them.
      await work.worker.stop(0);
      await environment.unwind.run();
    },
  };
}
