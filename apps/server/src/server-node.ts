import type { Logger } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { Engine, Planner, StampSource } from '@dkron/scheduler';
import { LocalLog } from './cluster/local-log.ts';
import { memorySession } from './cluster/memory-session.ts';
import { SingleMember } from './cluster/single-member.ts';
import { prepareDataDir } from './data-dir.ts';
import { StartError } from './errors.ts';
import type { HttpServer } from './http/http-server.ts';
import { listenHttp } from './http/http-server.ts';
import type { NodeContext } from './node-context.ts';
import { openStore } from './open-store.ts';
import type { LocalWorker } from './local-worker.ts';
import { startWorker } from './local-worker.ts';
import type { HostPort, ServerOptions } from './options.ts';
import { splitHostPort } from './options.ts';
import { processResults } from './process-results.ts';
import { settleDefaultTimezone } from './settings.ts';

const GOSSIP_PORT = 8946;
const HTTP_PORT = 8080;

export interface ServerNode {
  readonly httpPort: number;
  /** Stops in the reverse order of the start; waits for running executions at most `stopTimeout`. */
  stop(): Promise<void>;
  /** Ends after a failed write: no further command, no wait. */
  abandon(): Promise<void>;
}

/**
 * Starts the parts of a server in their order: data directory, store, log, engine, worker, HTTP; then the scheduler.
 * Throws {@link StartError} when the machine or the options do not allow it.
 * @param onFatal a write failed later on: the process has to end
 */
export async function startNode(
  options: ServerOptions,
  logger: Logger,
  onFatal: (error: Error) => void,
): Promise<ServerNode> {
  const httpAddress = address('http-addr', options.httpAddr, HTTP_PORT);
  const advertised = address('advertise-addr', options.advertiseAddr || options.bindAddr, GOSSIP_PORT);
  const paths = prepareDataDir(options.dataDir);
  const store = await openStore(paths.store, options, logger);
  const log = new LocalLog({ store, timers: systemTimers, logger, onFatal });
  const undo: (() => Promise<void>)[] = [() => store.close(), () => log.close()];
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const membership = new SingleMember(options, advertised);
    const stamps = new StampSource(systemClock, store);
    const defaultTimezone = await settleDefaultTimezone(options.defaultTimezone, { store, log, stamps, logger });
    const common = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics: noMetrics };
    const planner = new Planner({ defaultTimezone });
    const processing = processResults(options.nodeName, systemTimers, logger);
    const engine = new Engine(
      {
        defaultTimezone,
        region: options.region,
        tickGraceMs: options.tickGrace,
        killGraceMs: options.killGrace,
      },
      { log, view: store, membership, stamps, planner, processing, ...common },
    );
    const worker = await startWorker(paths.journal, options, common);
    undo.push(() => worker.stop(0));
    const node: NodeContext = { options, store, log, engine, planner, stamps, membership, clock: systemClock, logger };
    const http = await listen(node, httpAddress);
    undo.push(() => http.close());
    await engine.start();
    undo.push(async () => engine.stop());
    const closeSession = memorySession(engine, worker, systemTimers);
    undo.push(async () => closeSession());
    logger.info('server: ready', { node: options.nodeName, http: http.port, data_dir: options.dataDir });
    return {
      httpPort: http.port,
      stop: () => stopInOrder({ engine, worker, unwind, timeoutMs: options.stopTimeout }),
      abandon: () => abandon(worker),
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
  await engine.drain(timeoutMs);
  await worker.stop(0);
  await unwind();
}

/** The store may not be written any more; commands of jobs must not outlive the server that reports them. */
async function abandon(worker: LocalWorker): Promise<void> {
  await worker.stop(0);
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
