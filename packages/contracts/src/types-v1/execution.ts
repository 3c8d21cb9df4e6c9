import type { EpochNanos } from '@dkron/runtime';
import type { Group, JobName, NodeName } from '@dkron/jobs';
import type { Execution } from '../gen/types/v1/dkron.ts';
import { timestampFromWire, timestampToWire } from './time.ts';

/** What `types.v1.Execution` says about an attempt. */
export interface WireExecution {
  readonly jobName: JobName;
  readonly success: boolean;
  /** Raw, need not be UTF-8. */
  readonly output: Uint8Array;
  readonly nodeName: NodeName;
  readonly group: Group;
  readonly attempt: number;
  /** ZERO_TIME until started. */
  readonly startedAt: EpochNanos;
  /** ZERO_TIME until ended. */
  readonly finishedAt: EpochNanos;
}

/** Times are always present on the wire, ZERO_TIME as year 1. */
export function executionToWire(execution: WireExecution): Execution {
  return {
    jobName: execution.jobName,
    success: execution.success,
    output: Buffer.from(execution.output),
    nodeName: execution.nodeName,
    group: execution.group,
    attempt: execution.attempt,
    startedAt: timestampToWire(execution.startedAt),
    finishedAt: timestampToWire(execution.finishedAt),
  };
}

/** An absent time is 1970, as the original reads it. */
export function executionFromWire(wire: Execution): WireExecution {
  return {
    jobName: wire.jobName,
    success: wire.success,
    output: new Uint8Array(wire.output),
    nodeName: wire.nodeName,
    group: wire.group,
    attempt: wire.attempt,
    startedAt: timestampFromWire(wire.startedAt),
    finishedAt: timestampFromWire(wire.finishedAt),
  };
}
