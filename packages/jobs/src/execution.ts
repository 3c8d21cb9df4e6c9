import type { EpochNanos } from '@dkron/runtime';
import type { JobName, NodeName } from './job.ts';
import type { END_REASONS, EXECUTION_STATES, TRIGGERS } from './words.ts';

/** `pending` = decided, not started yet; `running`; the other four are ends. `lost`: its node or journal is gone. */
export type ExecutionState = (typeof EXECUTION_STATES)[number];
/**
 * What asked for a run. `catchup`: a tick later than the grace; `create`: `?runoncreate=true`; `parent`: the
 * parent's success.
 */
export type Trigger = (typeof TRIGGERS)[number];
/** Why an attempt ended without success. */
export type EndReason = (typeof END_REASONS)[number];

/** `<stamp>-<node>`; given when the run is decided, never changes. */
export type ExecutionId = string;
/** Stamp of the leader that opened the run; equal for all nodes and attempts of one run. */
export type Group = bigint;

/** One attempt on one node. Identity = (job, group, node, attempt). Output lives under its own key. */
export interface Execution {
  readonly id: ExecutionId;
  /** The number in `id`: orders executions, strictly increasing over the life of the cluster. */
  readonly stamp: EpochNanos;
  readonly jobName: JobName;
  readonly group: Group;
  readonly nodeName: NodeName;
  /** From 1. */
  readonly attempt: number;
  readonly state: ExecutionState;
  readonly trigger: Trigger;
  /** The scheduled instant; null unless trigger is `schedule` or `catchup`. */
  readonly tick: EpochNanos | null;
  readonly reason: EndReason | null;
  /** Shell, ended normally; else null. */
  readonly exitCode: number | null;
  /** The node's clock at the real start; ZERO_TIME until then. */
  readonly startedAt: EpochNanos;
  /** ZERO_TIME until ended. */
  readonly finishedAt: EpochNanos;
  readonly cancelRequested: boolean;
}

/** What is kept of an attempt's output: the last 256,000 bytes as the original does, and the first 16 KiB apart. */
export interface ExecutionOutput {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** Bytes written in all, 0 … 2^53-1. */
  readonly totalBytes: number;
}

/** Bytes kept of the end of an output, as the original keeps. */
export const OUTPUT_TAIL_BYTES_MAX = 256_000;
/** Bytes kept of the beginning of an output, apart from its end. */
export const OUTPUT_HEAD_BYTES_MAX = 16_384;

/** A node's part of a run. `waiting` = a retry is due later, perhaps only once a `hold` has ended. */
export interface RunTarget {
  readonly nodeName: NodeName;
  /** The latest attempt. */
  readonly executionId: ExecutionId;
  readonly attempt: number;
  readonly state: ExecutionState | 'waiting';
}

/**
 * One decided start of a job on its planned targets. Open until every target's last attempt ended; holds the slot, which
 * attempts that were given up may keep beyond that (due records of kind `hold`).
 */
export interface Run {
  readonly jobName: JobName;
  readonly group: Group;
  /** Group of the outermost cause: own group, or that of the parent's run that led here. */
  readonly rootGroup: Group;
  readonly trigger: Trigger;
  readonly tick: EpochNanos | null;
  readonly decidedAt: EpochNanos;
  readonly targets: readonly RunTarget[];
  readonly open: boolean;
}

/**
 * What a result made due, replicated so that any leader carries on. `hold`: the end of a slot that an attempt keeps
 * whose node has not confirmed its end.
 */
export type DueKind = 'retry' | 'child' | 'process' | 'hold';

/** One piece of pending work: a retry, the start of a child, the processing of an output, or the release of a slot. */
export interface Due {
  /** Unique, ordered: stamp of the command that made it, plus its position. */
  readonly id: bigint;
  readonly kind: DueKind;
  /** retry, process, hold: the execution's job. child: the job to start. */
  readonly jobName: JobName;
  /** retry, process, hold: the run. child: the parent's run. */
  readonly group: Group;
  readonly rootGroup: Group;
  /** retry, process, hold: the ended execution; child: `''`. */
  readonly executionId: ExecutionId | '';
  readonly nodeName: NodeName | '';
  /** retry: the attempt to start. process, hold: the ended one. */
  readonly attempt: number;
  readonly dueAt: EpochNanos;
  /** A new leader waits clamp(dueAt − wall, 0, lengthMs). hold: 0 = nothing but the node's word ends it. */
  readonly lengthMs: number;
}
