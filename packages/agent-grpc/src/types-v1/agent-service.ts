import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { AgentRunRequest, AgentRunStream, Execution } from '@dkron/contracts/types-v1';
import { jobFromWire, timestampToWire } from '@dkron/contracts/types-v1';
import type { Dispatch, FinishedReport, NodeName } from '@dkron/jobs';
import type { Clock, EpochNanos, Logger } from '@dkron/runtime';
import { asBuffer } from '../grpc/as-buffer.ts';
import { missing, RpcError, statusOf } from './rpc-error.ts';
import { NO_EXECUTOR } from './texts.ts';

/** Output in one progress message, as the original sends at most. */
const CHUNK_BYTES_MAX = 32_768;
/** Progress messages waiting in a stream; more are left out, since only the end counts. */
const WAITING_MAX = 16;

type Call = ServerWritableStream<AgentRunRequest, AgentRunStream>;

/** Who hears of a run. */
export interface AgentRunObserver {
  started(at: EpochNanos): void;
  output(chunk: Uint8Array, stderr: boolean): void;
  finished(report: FinishedReport): void;
}

/** What an `AgentRun` asks for. */
export type AgentRun = Pick<Dispatch, 'job' | 'group' | 'attempt' | 'timeoutMs' | 'killGraceMs'>;

export interface AgentServiceModules {
  readonly nodeName: NodeName;
  /** TERM → KILL. */
  readonly killGraceMs: number;
  /** Starts a run, or joins the one of the same job, group and attempt; answers the way to hear no more. */
  readonly run: (run: AgentRun, observer: AgentRunObserver) => () => void;
  /** Takes the end of a run whose caller is gone. */
  readonly deliver: (execution: Execution) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `types.v1.AgentService` of any node, for `server.addService(AgentServiceService, …)`: leaders of the original run jobs by it. */
export function agentHandlers(modules: AgentServiceModules): UntypedServiceImplementation {
  return {
    agentRun: (call: Call) => {
      try {
        agentRun(call, modules);
      } catch (error) {
        call.emit('error', statusOf(error));
      }
    },
  };
}

function agentRun(call: Call, { nodeName, killGraceMs, run, deliver, clock, logger }: AgentServiceModules): void {
  const { job, execution } = call.request;
  if (job === undefined) throw missing('job');
  if (execution === undefined) throw missing('execution');
  const { definition } = jobFromWire({ ...job, concurrency: '' }, NO_ADDITIONS);
  let base: Execution = { ...execution, nodeName };
  const send = (message: Execution): void => void call.write({ execution: message });
  const observer: AgentRunObserver = {
    started: (at) => {
      base = { ...base, startedAt: timestampToWire(at) };
      send(base);
      if (definition.executor === '') throw new RpcError(NO_EXECUTOR);
    },
    output: (chunk) => {
      for (let from = 0; from < chunk.length; from += CHUNK_BYTES_MAX) {
        if (call.writableLength >= WAITING_MAX) return;
        // Executors use the memory again.
        send({ ...base, output: Buffer.from(chunk.slice(from, from + CHUNK_BYTES_MAX)) });
      }
    },
    finished: ({ success, finishedAt, output }) => {
      const end = { ...base, success, output: asBuffer(output.tail), finishedAt: timestampToWire(finishedAt) };
      if (call.cancelled) return deliver(end);
      let arrived = false;
      call.on('finish', () => (arrived = true));
      call.on('cancelled', () => {
        if (!arrived) deliver(end);
      });
      send(end);
      call.end();
    },
  };
  call.on('cancelled', () => logger.info('agent-run: the caller is gone, the run goes on', { job: definition.name }));
  if (definition.executor === '') return observer.started(clock.wallNanos());
  run({ job: definition, group: execution.group, attempt: execution.attempt, timeoutMs: null, killGraceMs }, observer);
}

const NO_ADDITIONS = { dstGap: 'skip', dstOverlap: 'both', catchup: 'skip', catchupWindow: '', timeout: '' } as const;
