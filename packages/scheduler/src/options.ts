import type { Execution, ExecutionOutput, JobDefinition } from '@dkron/jobs';
import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { Planner } from './planner/planner.ts';
import type { Membership, ReplicatedLog, StateView } from './ports.ts';

/** Settings of the engine; all but `clusterId` have defaults. */
export interface EngineOptions {
  /** Sent in every welcome, 32 hex digits. A function where it is known only once the node has joined its cluster. */
  readonly clusterId: string | (() => string);
  /** A tick decided at most this late is on time. Default 10,000. */
  readonly tickGraceMs?: number;
  /** A node silent for this long has lost its executions. Default 15,000. */
  readonly leaseMs?: number;
  /**
   * How long an attempt that was given up keeps the slot of a job that forbids overlap, while its node does not confirm
   * its end. 0 = for as long as it does not. Default 300,000.
   */
  readonly forbidHoldMs?: number;
  /** From TERM to KILL. Default 10,000. */
  readonly killGraceMs?: number;
  /** Most decisions in one `DecideTicks`; more due at once become several. A server applies each in one stretch. Default 64. */
  readonly decideBatchMax?: number;
  /**
   * Jobs wait undecided while each of their nodes has this many executions waiting to be sent; a tick that waits so is
   * not late. Default 1,024.
   */
  readonly waitingPerNodeMax?: number;
  /** Processors of one result get this long, times their number. Default 30,000. */
  readonly processTimeoutMs?: number;
}

export interface EngineSettings extends Required<Omit<EngineOptions, 'clusterId' | 'tickGraceMs'>> {
  readonly clusterId: () => string;
  readonly tickGraceNanos: bigint;
}

export function settingsOf(options: EngineOptions): EngineSettings {
  const { clusterId } = options;
  return {
    clusterId: typeof clusterId === 'string' ? () => clusterId : clusterId,
    tickGraceNanos: BigInt(Math.round(options.tickGraceMs ?? 10_000)) * NANOS_PER_MILLISECOND,
    leaseMs: options.leaseMs ?? 15_000,
    forbidHoldMs: options.forbidHoldMs ?? 300_000,
    killGraceMs: options.killGraceMs ?? 10_000,
    decideBatchMax: options.decideBatchMax ?? 64,
    waitingPerNodeMax: options.waitingPerNodeMax ?? 1_024,
    processTimeoutMs: options.processTimeoutMs ?? 30_000,
  };
}

/**
 * Runs the processors of a finished execution. Resolves with the output to keep, or null to leave it as it is. A
 * rejection, or more than the time limit, changes nothing.
 */
export type ProcessResult = (
  execution: Execution,
  output: ExecutionOutput,
  definition: JobDefinition,
  signal: AbortSignal,
) => Promise<Uint8Array | null>;

/** What the engine is given: the log and the state, the members, and the seams to time, chance and telemetry. */
export interface EngineModules {
  readonly log: ReplicatedLog;
  readonly view: StateView;
  readonly membership: Membership;
  readonly planner: Planner;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent: results stay as they came. */
  readonly processResult?: ProcessResult;
}
