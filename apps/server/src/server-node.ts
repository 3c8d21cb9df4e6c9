import { storeCodec } from '@dkron/contracts';
import type { Logger } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { Engine, Planner } from '@dkron/scheduler';
import { LoopbackNetwork } from '@dkron/raft';
import { openConsensus } from './cluster/consensus.ts';
import { foundAlone } from './cluster/found-alone.ts';
import { Leadership } from './cluster/leadership.ts';
import { memorySession } from './cluster/memory-session.ts';
import { SingleMember } from './cluster/single-member.ts';
import { prepareDataDir } from './data-dir.ts';
import { StartError } from './errors.ts';
import type { HttpServer } from './http/http-server.ts';
import { listenHttp } from './http/http-server.ts';
import { MeteredLog } from './metrics/metered-log.ts';
import { addProcessMetrics } from './metrics/process-metrics.ts';
import { MetricsRegistry } from './metrics/registry.ts';
import { countRuns } from './metrics/run-metrics.ts';
import type { NodeContext } from './node-context.ts';
import { openStore } from './open-store.ts';
import type { LocalWorker } from './local-worker.ts';
import { startWorker } from './local-worker.ts';
import type { HostPort, ServerOptions } from './options.ts';
import { splitHostPort } from './options.ts';
import { processResults } from './process-results.ts';
import { settle } from './settings.ts';

const GOSSIP_PORT = 8946;
const HTTP_PORT = 8080;
/** For proposals under way once the worker is done. */
const DRAIN_MS = 2_000;

export interface ServerNode {
  readonly httpPort: number;
  /** Stops in the reverse order of the start; waits for running executions at most `stopTimeout`. */
  stop(): Promise<void>;
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
 * Starts the parts of a server in their order: data directory, store, log, engine, worker, HTTP; then the scheduler.
 * Throws {@link StartError} when the machine or the options do not allow it.
 */
export async function startNode(
  options: ServerOptions,
  logger: Logger,
  { onFatal, onLeave }: ServerNodeEvents,
): Promise<ServerNode> {
  const httpAddress = address('http-addr', options.httpAddr, HTTP_PORT);
  const advertised = address('advertise-addr', options.advertiseAddr || options.bindAddr, GOSSIP_PORT);
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
    const store = await openStore(paths.store, options, { logger, metrics });
    undo.push(() => store.close());
    const common = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics };
    const transport = new LoopbackNetwork({}, { timers: systemTimers }).transport(options.nodeName);
    const consensus = await openConsensus(
      { directory: paths.raft, nodeName: options.nodeName, region: options.region },
      { store, codec: storeCodec.command, transport, ...common },
    );
    const raft = consensus.node;
    undo.push(() => raft.stop({ transfer: true }));
    raft.on('fatal', ({ error }) => onFatal(error));
    const log = registry ? new MeteredLog({ log: consensus.log, store, clock: systemClock, registry }) : consensus.log;
    if (registry) countRuns({ store, log, registry });
    const membership = new SingleMember(options, advertised);
    const planner = new Planner({ region: options.region });
    const { process: processResult, names: processors } = processResults(options.nodeName, systemTimers, logger);
    const engine = new Engine(
      { clusterId: () => raft.identity.clusterId, tickGraceMs: options.tickGrace, killGraceMs: options.killGrace },
      { log, view: store, membership, planner, processResult, ...common },
    );
    const worker = await startWorker(paths.journal, options, { ...common, spawnHelper });
    undo.push(() => worker.stop(0));
    const node: NodeContext = {
      options,
      store,
      log,
      engine,
      planner,
      membership,
      executors: worker.executors,
      processors,
      clock: systemClock,
      logger,
      metrics: registry,
      leave: onLeave,
    };
    const http = await listen(node, httpAddress);
    undo.push(() => http.close());
    if (registry) addProcessMetrics(registry);
    const leadership = new Leadership({
      node: raft,
      logger,
      onGain: async () => {
        const { defaultTimezone } = await settle(options, { store, log, ...common });
        planner.schedules.useTimezone(defaultTimezone);
        engine.start();
        registry?.counter('dkron_scheduler_start', 'Times this node began to schedule').add(1);
      },
      onLoss: () => engine.stop(),
    });
    undo.push(async () => engine.stop());
    await foundAlone(raft, options.nodeName, options.region);
    await leadership.firstGain();
    const closeSession = memorySession(engine, worker, systemTimers);
    undo.push(async () => closeSession());
    logger.info('server: ready', { node: options.nodeName, http: http.port, data_dir: options.dataDir });
    return {
      httpPort: http.port,
      stop: () => stopInOrder({ engine, worker, unwind, timeoutMs: options.stopTimeout }),
      abandon: () => abandon(worker, unwind),
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}

interface Parts {
  readonly engine: Engine;
  readonly worker: LocalWorker;
  readonly unwind: () => Promise<void>;
  readonly timeoutMs: number;
}

/** No new decisions; what runs may end and report; what is left is cut and read as lost at the next start. */
async function stopInOrder({ engine, worker, unwind, timeoutMs }: Parts): Promise<void> {
  await worker.stop(timeoutMs);
  await engine.drain(DRAIN_MS);
  await unwind();
}

/** The store may not be written any more; commands of jobs must not outlive the server that reports them. */
async function abandon(worker: LocalWorker, unwind: () => Promise<void>): Promise<void> {
  await worker.stop(0);
  await unwind();
}

function address(option: string, text: string, defaultPort: number): HostPort {
  const parsed = splitHostPort(text, defaultPort);
  if (parsed) return parsed;
  throw new StartError('invalid_option', `${option}: ${text} is not an address; allowed: [host]:port, port 0–65535`, {
    option,
    value: text,
  });
}

async function listen(node: NodeContext, at: HostPort): Promise<HttpServer> {
  try {
    return await listenHttp(node, at);
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    const value = `${at.host}:${at.port}`;
    if (code === 'EADDRINUSE') {
      const message = `http-addr: ${value} is taken by another process; choose another, e.g. --http-addr=127.0.0.1:${at.port + 1}`;
      throw new StartError('address_in_use', message, { option: 'http-addr', value }, { cause });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
      const message = `http-addr: cannot listen on ${value}: ${(cause as Error).message}`;
      throw new StartError('address_not_available', message, { option: 'http-addr', value }, { cause });
    }
    throw cause;
  }
}
