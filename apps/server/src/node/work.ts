import { GrpcSessionTransport, SessionService } from '@dkron/agent-grpc';
import type { SpawnHelper } from '@dkron/executors/spawn-helper';
import type { PluginHost } from '@dkron/plugins/host';
import { askDescription } from '../cluster/ask-nodes.ts';
import type { LocalWorker } from '../local-worker.ts';
import { startWorker } from '../local-worker.ts';
import { MeteredLog } from '../metrics/metered-log.ts';
import { countRuns } from '../metrics/run-metrics.ts';
import type { ServerOptions } from '../options.ts';
import { processResults } from '../process-results.ts';
import type { Environment } from './environment.ts';
import type { OfferedByName } from './own-offers.ts';
import { startPlugins } from './plugins.ts';
import type { Scheduling } from './scheduling.ts';
import { createScheduling } from './scheduling.ts';
import type { ServerState } from './state.ts';

/** What decides and what runs: the leader's engine, this node's worker, and the sessions between engines and workers. */
export interface ServerWork extends Scheduling {
  readonly worker: LocalWorker;
  /** Takes the sessions of workers. */
  readonly sessionService: SessionService;
  /** The processors there are, in ascending order. */
  readonly processors: OfferedByName;
  readonly plugins: PluginHost;
}

export async function openWork(
  options: ServerOptions,
  { state, journal, spawnHelper }: { state: ServerState; journal: string; spawnHelper: SpawnHelper },
  environment: Environment,
): Promise<ServerWork> {
  const { store, calls, consensus } = state;
  const { timers, clock, registry, unwind } = environment;
  const log = registry ? new MeteredLog({ log: consensus.log, store, clock, registry }) : consensus.log;
  if (registry) countRuns({ store, log, registry });
  const plugins = await startPlugins(options, environment);
  const hosted = plugins.processors;
  const {
    process: processResult,
    processors,
    ...processing
  } = processResults(options, {
    ...environment,
    hosted,
  });
  unwind.add(() => processing.close());
  const worker = await startWorker(journal, options, { ...environment, spawnHelper, hosted: plugins.executors });
  unwind.add(() => worker.stop(0));
  const transport = new GrpcSessionTransport({}, { timers });
  const ports = { log, worker, transport, describe: askDescription(calls), processResult };
  const scheduling = createScheduling(options, state, ports, environment);
  const sessionService = new SessionService({}, { router: scheduling.sessions.router, timers });
  return { ...scheduling, worker, sessionService, processors, plugins };
}
