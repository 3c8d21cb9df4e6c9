import type { ExecutionDoneRequest, ExecutionDoneResponse, WireExecution } from '@dkron/contracts/types-v1';
import { executionFromWire } from '@dkron/contracts/types-v1';
import type { Execution, FinishedReport } from '@dkron/jobs';
import { OUTPUT_HEAD_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX } from '@dkron/jobs';
import type { Logger } from '@dkron/runtime';
import type { DkronPort } from './dkron-port.ts';
import { missing, RpcError } from './rpc-error.ts';
import { NOT_FOUND } from './texts.ts';

/** A result that a node of the original reports, on the leader. The same result again changes nothing. */
export async function executionDone(
  request: ExecutionDoneRequest,
  port: DkronPort,
  logger: Logger,
): Promise<ExecutionDoneResponse> {
  if (request.execution === undefined) throw missing('execution');
  const done = executionFromWire(request.execution);
  if (port.job(done.jobName) === undefined) throw new RpcError(NOT_FOUND);
  const known = find(port, done);
  if (known === undefined) {
    const { jobName, nodeName, group, attempt } = done;
    logger.warn('grpc: a result of an execution that is not known', { job: jobName, node: nodeName, group, attempt });
    return answer(port, 'saved');
  }
  await port.finished(known.id, known.attempt, reportOf(done));
  if (port.job(done.jobName) === undefined) return answer(port, 'deleted');
  return answer(port, retries(port, known) ? 'retry' : 'saved');
}

/** A start that a node of the original reports, on the leader. Nothing that is not decided comes to be by it. */
export async function setExecution(wire: WireExecution, port: DkronPort): Promise<void> {
  const known = find(port, wire);
  if (known?.state !== 'pending') return;
  await port.started(known.id, known.attempt, wire.startedAt);
}

/** By what identifies an attempt for the original. */
function find(port: DkronPort, wire: WireExecution): Execution | undefined {
  for (const execution of port.executions(wire.jobName)) {
    const { group, nodeName, attempt } = execution;
    if (group === wire.group && nodeName === wire.nodeName && attempt === wire.attempt) return execution;
  }
  return undefined;
}

function retries(port: DkronPort, { jobName, group, nodeName }: Execution): boolean {
  const target = port.run(jobName, group)?.targets.find((candidate) => candidate.nodeName === nodeName);
  return target?.state === 'waiting';
}

function answer({ nodeName }: DkronPort, payload: string): ExecutionDoneResponse {
  return { from: nodeName, payload: Buffer.from(payload) };
}

/** The end of an execution as `types.v1` tells it: the output is all there is of it. */
export function reportOf(done: Pick<WireExecution, 'success' | 'output' | 'startedAt' | 'finishedAt'>): FinishedReport {
  const { success, output, startedAt, finishedAt } = done;
  const tail = output.slice(-OUTPUT_TAIL_BYTES_MAX);
  return {
    success,
    cancelled: false,
    reason: success ? null : 'executor',
    exitCode: null,
    startedAt,
    // Absent on the wire, or of a stream that ended without an end.
    finishedAt: finishedAt <= 0n ? startedAt : finishedAt,
    output: { head: output.slice(0, OUTPUT_HEAD_BYTES_MAX), tail, totalBytes: output.length },
  };
}
