import type { SpawnHelper } from '@dkron/executors/spawn-helper';
import type { GoAgents } from '@dkron/agent-grpc/types-v1';
import { Describer } from '@dkron/cluster';
import type { ReplicatedLog } from '@dkron/scheduler';
import { Engine, Planner } from '@dkron/scheduler';
import { askDescription } from '../cluster/ask-nodes.ts';
import { createGoAgents } from '../cluster/go-agents.ts';
import type { Sessions } from '../cluster/sessions.ts';
import { createSessions } from '../cluster/sessions.ts';
import type { LocalWorker } from '../local-worker.ts';
import { startWorker } from '../local-worker.ts';
import { MeteredLog } from '../metrics/metered-log.ts';
import { countRuns } from '../metrics/run-metrics.ts';
import type { ServerOptions } from '../options.ts';
import { processResults } from '../process-results.ts';
import type { Environment } from './environment.ts';
import type { ServerState } from './state.ts';

/** What decides and what runs: the leader's engine, this node's worker, and the sessions between engines and workers. */
export interface ServerWork {
  readonly log: ReplicatedLog;
  readonly planner: Planner;
  readonly engine: Engine;
  readonly worker: LocalWorker;
  readonly sessions: Sessions;
  /** Tells our nodes from those of the original. */
  readonly describer: Describer;
  readonly goAgents: GoAgents;
  /** Names of the processors there are. */
  readonly processors: readonly string[];
}

export async function openWork(
  options: ServerOptions,
  { state, journal, spawnHelper }: { state: ServerState; journal: string; spawnHelper: SpawnHelper },
  environment: Environment,
): Promise<ServerWork> {
  const { store, membership, calls, consensus } = state;
  const { timers, clock, logger, registry, unwind } = environment;
  const { node: raft } = consensus;
  const log = registry ? new MeteredLog({ log: consensus.log, store, clock, registry }) : consensus.log;
  if (registry) countRuns({ store, log, registry });
  const planner = new Planner({ region: options.region });
  const { process: processResult, names: processors } = processResults(options.nodeName, timers, logger);
  const engine = new Engine(
    {
      clusterId: () => raft.identity.clusterId,
      tickGraceMs: options.tickGrace,
      killGraceMs: options.killGrace,
      leaseMs: options.lease,
      forbidHoldMs: options.forbidHold,
    },
    { ...environment, log, view: store, membership, planner, processResult },
  );
  const worker = await startWorker(journal, options, { ...environment, spawnHelper });
  unwind.add(() => worker.stop(0));
  const sessions = createSessions(options, { ...environment, engine, raft, membership, worker });
  const describer = new Describer({}, { ask: askDescription(calls), clock });
  const goAgents = createGoAgents(options, { ...environment, engine, store, membership, describer });
  unwind.add(() => goAgents.stop());
  return { log, planner, engine, worker, sessions, describer, goAgents, processors };
}
