import type { EpochNanos } from '@dkron/runtime';
import type { Due, EndReason, Execution, ExecutionId, ExecutionOutput, Group, Run, Trigger } from './execution.ts';
import type { JobDefinition, JobName, NodeName, StoredJob, SubmittedState } from './job.ts';
import type { Decision, LedgerEntry, MissReason, SkipReason } from './ledger.ts';
import type { Notice, NoticeChannel, NoticeOutcome } from './notice.ts';

/** Leader's stamp: max(own wall, last applied stamp + 1 ns). Orders and names; compared with ticks, never with a clock. */
export type Stamp = EpochNanos;

/** `version` as If-Match; `'absent'` as If-None-Match: *; null = no condition. */
export type Precondition = { readonly version: number } | 'absent' | null;

/** Ticks passed over in one stretch (disabled, not yet started, paused); becomes one ledger entry. */
export interface PassedTicks {
  readonly reason: SkipReason | MissReason;
  readonly tick: EpochNanos;
  readonly lastTick: EpochNanos;
  readonly count: number;
}

/**
 * Stores a definition, new or over the old one. Refused: `stale`, `precondition_failed`, `parent_not_found`,
 * `parent_cycle`.
 */
export interface PutJob {
  readonly type: 'putJob';
  readonly stamp: Stamp;
  readonly definition: JobDefinition;
  readonly submitted: SubmittedState;
  readonly precondition: Precondition;
  /** Version of the stored job that the plan below was computed from; 0 = none stored. Another one: refused `stale`. */
  readonly plannedFrom: number;
  readonly plan: JobPlan;
}

/** The timetable part of a definition change, computed by the leader; apply copies it. */
export interface JobPlan {
  /**
   * The `next` that readers see, as the plan has it. While the schedule text stays the same, apply keeps the later of
   * this and the stored one, so that it never moves back; a new text, or a new job, takes it as it is.
   */
  readonly next: EpochNanos;
  readonly nextTick: EpochNanos | null;
  readonly decidedUpTo: EpochNanos;
  readonly anchor: EpochNanos;
  readonly passed: PassedTicks | null;
  readonly problem: string;
}

/**
 * Removes a job with its executions, outputs and ledger. Refused: `not_found`, `precondition_failed`,
 * `has_children`.
 */
export interface DeleteJob {
  readonly type: 'deleteJob';
  readonly stamp: Stamp;
  readonly name: JobName;
  readonly precondition: Precondition;
}

/** Sets `disabled` and nothing else of a definition. Refused: `not_found`, `stale`, `precondition_failed`. */
export interface ToggleJob {
  readonly type: 'toggleJob';
  readonly stamp: Stamp;
  readonly name: JobName;
  readonly precondition: Precondition;
  readonly plannedFrom: number;
  /** The value to set, computed from version `plannedFrom`. */
  readonly disabled: boolean;
  readonly plan: JobPlan;
}

/** An execution to create: ids and targets are chosen by the leader. */
export interface Target {
  readonly executionId: ExecutionId;
  readonly stamp: Stamp;
  readonly nodeName: NodeName;
}

/**
 * What becomes of `count` consecutive ticks of one job, `tick` to `lastTick`; more than one only where none of them
 * runs.
 */
export interface TickDecision {
  readonly jobName: JobName;
  /** Definition version this was computed from. */
  readonly version: number;
  readonly tick: EpochNanos;
  readonly lastTick: EpochNanos;
  readonly count: number;
  /** What the leader asks for; apply may turn `run` into `skipped` (paused, disabled, forbid, no targets …). */
  readonly decision: Decision;
  readonly reason: '' | SkipReason | MissReason;
  readonly trigger: Trigger;
  readonly group: Group;
  readonly targets: readonly Target[];
  /** The tick after `lastTick`; null = none. */
  readonly nextTick: EpochNanos | null;
  /** The original's `next` to show from now on. */
  readonly next: EpochNanos;
}

/** The decisions of one turn of the leader; each is applied or, after an edit in between, answered as stale. */
export interface DecideTicks {
  readonly type: 'decideTicks';
  readonly stamp: Stamp;
  readonly decisions: readonly TickDecision[];
}

/**
 * A start that no tick asked for: by hand or at creation, of a child, or the next attempt of a run that is still
 * open.
 */
export type RunStart =
  | {
      readonly kind: 'manual' | 'create';
      readonly jobName: JobName;
      readonly group: Group;
      readonly targets: readonly Target[];
      /** `?respect_concurrency=true`: refuse with `forbid` when the slot is held. */
      readonly respectConcurrency: boolean;
      /** Idempotency-Key; `''` = none. Repeated within 10 min of stamps it answers the same run. */
      readonly token: string;
    }
  | {
      readonly kind: 'child';
      /** The due record this settles. */
      readonly dueId: bigint;
      readonly jobName: JobName;
      readonly group: Group;
      readonly rootGroup: Group;
      readonly targets: readonly Target[];
    }
  | {
      readonly kind: 'retry';
      readonly dueId: bigint;
      readonly jobName: JobName;
      readonly group: Group;
      readonly attempt: number;
      /** The node of the failed attempt, replaced when another may take it. */
      readonly fromNode: NodeName;
      readonly target: Target;
    };

/** Starts decided in one turn; each is answered by its run or by its own refusal. */
export interface StartRuns {
  readonly type: 'startRuns';
  readonly stamp: Stamp;
  readonly starts: readonly RunStart[];
}

/**
 * How long an attempt that was given up keeps the slot of a job that forbids overlap, since it may still run: ms; 0 =
 * until its node confirms the end; null = the node has confirmed it, or was never told to start.
 */
export type SlotHold = number | null;

/** What a node or the leader learnt about one attempt. Applied at most once: a repetition is `known`. */
export type ExecutionUpdate =
  | { readonly kind: 'started'; readonly id: ExecutionId; readonly attempt: number; readonly at: EpochNanos }
  | {
      readonly kind: 'finished';
      readonly id: ExecutionId;
      readonly attempt: number;
      readonly state: 'success' | 'failed' | 'lost' | 'cancelled';
      readonly reason: EndReason | null;
      readonly exitCode: number | null;
      /** ZERO_TIME = never started. */
      readonly startedAt: EpochNanos;
      readonly finishedAt: EpochNanos;
      readonly output: ExecutionOutput;
      readonly slotHoldMs: SlotHold;
    }
  | {
      readonly kind: 'cancelRequested';
      readonly id: ExecutionId;
      readonly at: EpochNanos;
      /** Of one that is pending, which ends by this. */
      readonly slotHoldMs: SlotHold;
    }
  /** The end of an attempt no longer keeps the job's slot. Settles the due record of kind `hold`. */
  | {
      readonly kind: 'released';
      readonly id: ExecutionId;
      readonly dueId: bigint;
      /** Its node says that it has ended, or left. Otherwise the hold has passed, which the ledger records. */
      readonly confirmed: boolean;
    }
  /** Processors are done; null output = they left it as it was. Settles the due record of kind `process`. */
  | {
      readonly kind: 'processed';
      readonly id: ExecutionId;
      readonly dueId: bigint;
      readonly output: Uint8Array | null;
    };

/** Updates of one turn, in the order in which they are applied. */
export interface ExecutionUpdates {
  readonly type: 'executionUpdates';
  readonly stamp: Stamp;
  readonly updates: readonly ExecutionUpdate[];
  /** Who is to be told of the starts and ends among them; absent or empty = nobody. Feature level 1. */
  readonly notify?: readonly NoticeChannel[] | undefined;
}

/** What became of notices that the leader tried to send, or gave up. Feature level 1. */
export interface SettleNotices {
  readonly type: 'settleNotices';
  readonly stamp: Stamp;
  readonly outcomes: readonly NoticeOutcome[];
}

/** Removes what a job has executed and sets its counters to 0; the definition stays. Refused: `not_found`. */
export interface DeleteExecutions {
  readonly type: 'deleteExecutions';
  readonly stamp: Stamp;
  readonly name: JobName;
}

/**
 * Stops or lets go, for the whole cluster: `submissions` = new jobs are refused, `schedule` = no tick starts
 * anything.
 */
export interface SetPause {
  readonly type: 'setPause';
  readonly stamp: Stamp;
  readonly scope: 'submissions' | 'schedule';
  readonly paused: boolean;
}

/** One replicated setting of the cluster, such as its default zone; replaces the one before. */
export interface PutSetting {
  readonly type: 'putSetting';
  readonly stamp: Stamp;
  readonly key: string;
  readonly value: string;
}

/** What may enter the replicated log. */
export type Command =
  | PutJob
  | DeleteJob
  | ToggleJob
  | DecideTicks
  | StartRuns
  | ExecutionUpdates
  | DeleteExecutions
  | SetPause
  | PutSetting
  | SettleNotices;

/**
 * Why an applied command changed nothing. `stale`: computed from another version, so that the leader may try anew;
 * `forbidden_overlap`: the slot is held; the others are final.
 */
export type RefusalCode =
  | 'not_found'
  | 'stale'
  | 'precondition_failed'
  | 'parent_not_found'
  | 'parent_cycle'
  | 'has_children'
  | 'disabled'
  | 'no_targets'
  | 'forbidden_overlap'
  | 'already_finished';

/** The answer to a command that changed nothing. */
export interface Refusal {
  readonly refused: RefusalCode;
  /** A sentence naming the value. */
  readonly message: string;
}

/** Type of a command → what apply answers. */
export interface CommandResults {
  readonly putJob: { readonly job: StoredJob; readonly created: boolean } | Refusal;
  readonly deleteJob: { readonly job: StoredJob } | Refusal;
  readonly toggleJob: { readonly job: StoredJob } | Refusal;
  /** Jobs whose version had changed: the leader computes anew. */
  readonly decideTicks: { readonly stale: readonly JobName[] };
  /** One per start, in order. */
  readonly startRuns: { readonly runs: readonly (Run | Refusal)[] };
  /** One per update: applied; known already; dropped (unknown, or something newer was decided). */
  readonly executionUpdates: { readonly results: readonly ('applied' | 'known' | 'dropped')[] };
  readonly deleteExecutions: { readonly job: StoredJob } | Refusal;
  readonly setPause: { readonly paused: boolean };
  readonly putSetting: { readonly value: string };
  /** How many of them were still kept. */
  readonly settleNotices: { readonly known: number };
}

/** What apply answers to a command of this type. */
export type CommandResult<C extends Command = Command> = CommandResults[C['type']];

/** What one applied entry changed, in order; told to the leader's engine and to watchers after the write. */
export type ApplyEvent =
  | { readonly type: 'job'; readonly name: JobName; readonly change: 'put' | 'delete' | 'toggle' | 'counters' }
  | { readonly type: 'tick'; readonly entry: LedgerEntry; readonly nextTick: EpochNanos | null }
  | { readonly type: 'execution'; readonly execution: Execution }
  | { readonly type: 'run'; readonly run: Run }
  | { readonly type: 'due'; readonly due: Due; readonly change: 'added' | 'removed' }
  /** No open run and no due record is left of this root group. */
  | { readonly type: 'settled'; readonly rootGroup: Group }
  /** `evicted`: there was no room for it any more. `removed`: sent, given up, or no longer true. */
  | {
      readonly type: 'notice';
      readonly notice: Notice;
      readonly change: 'added' | 'deferred' | 'removed' | 'evicted';
    }
  | { readonly type: 'pause'; readonly scope: SetPause['scope']; readonly paused: boolean };
