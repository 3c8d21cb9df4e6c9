import type { GoAgents } from '@dkron/agent-grpc/types-v1';
import type { SessionTransport, SessionWorker } from '@dkron/agent-grpc';
import type { AskDescription } from '@dkron/cluster';
import { Describer } from '@dkron/cluster';
import type { Notifier } from '@dkron/notifier';
import type { ReplicatedLog } from '@dkron/scheduler';
import { Engine, Planner } from '@dkron/scheduler';
import { createGoAgents } from '../cluster/go-agents.ts';
import type { Sessions } from '../cluster/sessions.ts';
import { createSessions } from '../cluster/sessions.ts';
import type { ServerOptions } from '../options.ts';
import type { ProcessResult } from '../process-results.ts';
import type { ServerCore } from './core.ts';
import type { Environment } from './environment.ts';
import { createNotifier, tellingLog } from './notifications.ts';

/** More than the pipeline gives each processor, so that it can tell which one was late. */
const PROCESS_MS = 31_000;

/** What scheduling touches outside of its process, and the worker of this node. */
export interface SchedulingPorts {
  readonly log: ReplicatedLog;
  readonly worker: SessionWorker;
  /** To other servers. */
  readonly transport: SessionTransport;
  readonly describe: AskDescription;
  readonly processResult: ProcessResult;
  /** See the engine's option. */
  readonly waitingPerNodeMax?: number;
}

/** What decides, and the sessions between engines and workers. */
export interface Scheduling {
  readonly log: ReplicatedLog;
  readonly planner: Planner;
  readonly engine: Engine;
  readonly sessions: Sessions;
  /** Tells our nodes from those of the original. */
  readonly describer: Describer;
  readonly goAgents: GoAgents;
  readonly notifier: Notifier;
}

/** Nothing of it is at work yet. */
export function createScheduling(
  options: ServerOptions,
  core: ServerCore,
  ports: SchedulingPorts,
  environment: Environment,
): Scheduling {
  const { store, membership, consensus, features } = core;
  const log = tellingLog(ports.log, options, features);
  const { processResult, waitingPerNodeMax } = ports;
  const { clock, unwind } = environment;
  const { node: raft } = consensus;
  const planner = new Planner({ region: options.region });
  const engine = new Engine(
    {
      clusterId: () => raft.identity.clusterId,
      tickGraceMs: options.tickGrace,
      killGraceMs: options.killGrace,
      leaseMs: options.lease,
      forbidHoldMs: options.forbidHold,
      processTimeoutMs: PROCESS_MS,
      ...(waitingPerNodeMax === undefined ? {} : { waitingPerNodeMax }),
    },
    { ...environment, log, view: store, membership, planner, processResult },
  );
  const sessions = createSessions(options, { ...environment, ...ports, engine, raft, membership });
  const describer = new Describer({}, { ask: ports.describe, clock });
  const goAgents = createGoAgents(options, { ...environment, engine, store, membership, describer });
  unwind.add(() => goAgents.stop());
  const notifier = createNotifier(options, core, { log, stamps: engine.stamps }, environment);
  return { log, planner, engine, sessions, describer, goAgents, notifier };
}
