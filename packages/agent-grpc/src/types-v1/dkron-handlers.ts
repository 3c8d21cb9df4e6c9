import type { Metadata, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { ExecutionDoneRequest, ExecutionDoneResponse } from '@dkron/contracts/types-v1';
import { DkronService, executionFromWire, executionToWire, jobToWire } from '@dkron/contracts/types-v1';
import type {
  DeleteExecutionsRequest,
  DeleteJobRequest,
  Execution,
  GetJobRequest,
  RaftGetConfigurationResponse,
  RaftRemovePeerByIDRequest,
  RunJobRequest,
  RunJobResponse,
  SetJobRequest,
} from '@dkron/contracts/types-v1';
import type { Refusal, StoredJob } from '@dkron/jobs';
import type { Logger, Timers } from '@dkron/runtime';
import type { DkronPort } from './dkron-port.ts';
import { executionDone, setExecution } from './execution-done.ts';
import { Forwarder } from './forwarder.ts';
import { getJob } from './get-job.ts';
import { RpcError, unary } from './rpc-error.ts';
import { setJob } from './set-job.ts';
import { HAS_CHILDREN, NOT_FOUND, NOT_LEADER, RAFT_NOT_LEADER, wrongResponse } from './texts.ts';

/** How long a follower looks for a leader that takes a result, which its sender offers only once. */
const DELIVERY_MS = 30_000;
const DELIVERY_RETRY_MS = 250;

export interface DkronHandlersModules {
  readonly port: DkronPort;
  readonly forwarder: Forwarder;
  readonly timers: Timers;
  readonly logger: Logger;
}

type Method = keyof typeof DkronService;

/**
 * `types.v1.Dkron` of a server, for `server.addService(DkronService, …)`. Writes on a follower are passed on to the
 * leader, apart from the removal of a peer.
 */
export function dkronHandlers(modules: DkronHandlersModules): UntypedServiceImplementation {
  const { port, logger } = modules;
  const lead = <In, Out>(method: Method, fn: (request: In) => Promise<Out>) =>
    unary<In, Out>((request, metadata) => onLeader(modules, method, { request, metadata, fn, text: RAFT_NOT_LEADER }));
  return {
    getJob: unary((request: GetJobRequest) => getJob(port, request.jobName)),
    setJob: lead('setJob', (request: SetJobRequest) => setJob(request, port, logger)),
    deleteJob: lead('deleteJob', async ({ jobName }: DeleteJobRequest) => ({
      job: wireOf(await port.deleteJob(jobName), 'DeleteJob'),
    })),
    deleteExecutions: lead('deleteExecutions', async ({ jobName }: DeleteExecutionsRequest) => ({
      job: wireOf(await port.deleteExecutions(jobName), 'DeleteExecutions'),
    })),
    runJob: lead('runJob', ({ jobName }: RunJobRequest) => runJob(port, jobName)),
    // Does nothing there, either.
    toggleJob: unary(() => ({ job: undefined })),
    executionDone: unary((request: ExecutionDoneRequest, metadata) => takeResult(modules, request, metadata)),
    setExecution: unary((request: Execution, metadata) =>
      onLeader(modules, 'setExecution', {
        request,
        metadata,
        text: NOT_LEADER,
        fn: async (execution: Execution) => {
          await setExecution(executionFromWire(execution), port);
          return {};
        },
      }),
    ),
    getActiveExecutions: unary(() => ({ executions: active(port) })),
    raftGetConfiguration: unary(() => configuration(port)),
    raftRemovePeerById: unary(({ id }: RaftRemovePeerByIDRequest) => removePeer(port, id)),
    leave: unary(() => {
      port.leave();
      return {};
    }),
  };
}

interface LeaderCall<In, Out> {
  readonly request: In;
  readonly metadata: Metadata;
  readonly fn: (request: In) => Promise<Out>;
  /** Said when nobody leads. */
  readonly text: string;
}

async function onLeader<In, Out>(
  { port, forwarder }: DkronHandlersModules,
  method: Method,
  { request, metadata, fn, text }: LeaderCall<In, Out>,
): Promise<Out> {
  const leadership = port.leadership();
  if (leadership.kind === 'self') return fn(request);
  if (leadership.kind === 'none' || Forwarder.wasForwarded(metadata)) throw new RpcError(text);
  const definition = DkronService[method] as unknown as Parameters<typeof forwarder.call<In, Out>>[1];
  return forwarder.call(leadership.address, definition, request);
}

/**
 * A follower passes a result on and answers as the original does, which its agents take as delivered. So the answer
 * waits until a leader has it (G-X12).
 */
async function takeResult(
  modules: DkronHandlersModules,
  request: ExecutionDoneRequest,
  metadata: Metadata,
): Promise<ExecutionDoneResponse> {
  const { port, forwarder, timers, logger } = modules;
  for (let waitedMs = 0; ; waitedMs += DELIVERY_RETRY_MS) {
    const leadership = port.leadership();
    if (leadership.kind === 'self') return executionDone(request, port, logger);
    if (Forwarder.wasForwarded(metadata)) throw new RpcError(NOT_LEADER);
    if (leadership.kind === 'other') {
      const outcome = await forwarder.call(leadership.address, DkronService.executionDone, request).then(
        () => 'taken',
        (error: RpcError) => (isNotTaken(error) ? 'again' : 'taken'),
      );
      if (outcome === 'taken') throw new RpcError(NOT_LEADER);
    }
    if (waitedMs >= DELIVERY_MS) throw new RpcError('no leader takes the result', status.UNAVAILABLE);
    await timers.sleep(DELIVERY_RETRY_MS);
  }
}

function isNotTaken({ code, message }: RpcError): boolean {
  return code === status.UNAVAILABLE || message === NOT_LEADER || message === RAFT_NOT_LEADER;
}

/** Answers when the run is over, with the job as it was before. */
async function runJob(port: DkronPort, name: string): Promise<RunJobResponse> {
  const stored = port.job(name);
  if (stored === undefined) throw new RpcError(`agent: Run error retrieving job: ${name} from store: ${NOT_FOUND}`);
  const run = await port.startRun(name);
  if ('refused' in run) {
    if (run.refused === 'disabled') throw new RpcError(`agent: Run error retrieving job: ${name} from scheduler`);
    if (run.refused === 'no_targets') throw new RpcError(`no target nodes found to run job ${name}`);
    throw new RpcError(run.message);
  }
  await port.waitSettled(run.rootGroup);
  return { job: jobToWire(stored) };
}

function wireOf(result: StoredJob | Refusal, method: 'DeleteJob' | 'DeleteExecutions'): ReturnType<typeof jobToWire> {
  if (!('refused' in result)) return jobToWire(result);
  if (result.refused === 'not_found') throw new RpcError(wrongResponse(method, NOT_FOUND));
  throw new RpcError(wrongResponse(method, result.refused === 'has_children' ? HAS_CHILDREN : result.message));
}

/** What this server has under way: only the leader has. */
function active(port: DkronPort): Execution[] {
  if (port.leadership().kind !== 'self') return [];
  const running = [...port.openExecutions()].filter(({ state }) => state === 'running');
  return running.map((execution) => executionToWire({ ...execution, success: false, output: new Uint8Array(0) }));
}

function configuration(port: DkronPort): RaftGetConfigurationResponse {
  const { servers, index } = port.configuration();
  return {
    servers: servers.map(({ id, address, leader, voter }) => {
      return { id, node: id, address, leader, voter, raftProtocol: 'unknown' };
    }),
    index,
  };
}

async function removePeer(port: DkronPort, id: string): Promise<object> {
  if (port.leadership().kind !== 'self') throw new RpcError(RAFT_NOT_LEADER);
  if (!port.configuration().servers.some((server) => server.id === id)) {
    throw new RpcError(`id "${id}" was not found in the Raft configuration`);
  }
  await port.removePeer(id);
  return {};
}
