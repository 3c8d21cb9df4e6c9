import type { EpochNanos } from '@dkron/runtime';
import type { CATCHUPS, DST_GAPS, DST_OVERLAPS } from './words.ts';

/** One or more lower-case letters (of any alphabet), `0`–`9`, `_`, `-`; unique in the cluster. */
export type JobName = string;
/** Unique in the cluster; part of execution ids. */
export type NodeName = string;
/** Text by text, e.g. tags or the settings of an executor. */
export type StringMap = Readonly<Record<string, string>>;

/** `forbid`: one open run at a time; `allow`, and `''` as sent by old clients: any number. */
export type Concurrency = 'allow' | 'forbid' | '';
/** A reading that the clock skips: no run (`skip`), or one at the first instant after the gap (`after`). */
export type DstGap = (typeof DST_GAPS)[number];
/** A reading that the clock shows twice: a run at `both` passes, at the `first` or at the `last`. */
export type DstOverlap = (typeof DST_OVERLAPS)[number];
/** Ticks later than the grace: recorded as missed (`skip`), the newest runs (`last`), or `all` within the window. */
export type Catchup = (typeof CATCHUPS)[number];
/** `''` = never finished a run. */
export type JobStatus = '' | 'success' | 'failed' | 'partially_failed';

/** What a user sets. JSON names are the original's (`displayname`, `owner_email`, …); see `jobToJson`. */
export interface JobDefinition {
  readonly name: JobName;
  readonly displayName: string;
  /** IANA zone; `''` = the cluster's default zone. */
  readonly timezone: string;
  /** Schedule text as written, `~` kept; `''` only with a parent. */
  readonly schedule: string;
  readonly owner: string;
  readonly ownerEmail: string;
  readonly disabled: boolean;
  /** Target selection, `value[:count]`; null = every alive node of the region. */
  readonly tags: StringMap | null;
  readonly metadata: StringMap | null;
  /** Extra attempts after the first, 0 … 2^32-1. */
  readonly retries: number;
  readonly parentJob: JobName | '';
  /** Processor name → its configuration. */
  readonly processors: Readonly<Record<string, StringMap>>;
  readonly concurrency: Concurrency;
  readonly executor: string;
  readonly executorConfig: StringMap | null;
  readonly ephemeral: boolean;
  readonly startsAt: EpochNanos | null;
  readonly expiresAt: EpochNanos | null;
  readonly dstGap: DstGap;
  readonly dstOverlap: DstOverlap;
  readonly catchup: Catchup;
  /** Go duration text, 1s … 8760h. */
  readonly catchupWindow: string;
  /** Go duration text per attempt; `''` = none. */
  readonly timeout: string;
}

/** What the cluster knows about a job; changes with every run, never through an edit of the definition. */
export interface JobState {
  /**
   * Index of the log entry that created the job, plus one per definition change (put, toggle): a job created anew never
   * has a version of one that was deleted. A decision computed from another version is refused.
   */
  readonly version: number;
  /** Counts all changes. */
  readonly revision: number;
  readonly successCount: number;
  readonly errorCount: number;
  readonly lastSuccess: EpochNanos | null;
  readonly lastError: EpochNanos | null;
  /** A {@link JobStatus} once it ran; before, whatever text came with a create. */
  readonly status: string;
  /** The stored `next` of the original's rules; never moves back while the schedule text stays. ZERO_TIME = none. */
  readonly next: EpochNanos;
  /** The tick that follows `decidedUpTo`; null = none, or not in the timetable. */
  readonly nextTick: EpochNanos | null;
  /** Every tick up to here has its ledger entry (or lies before the schedule text was set). */
  readonly decidedUpTo: EpochNanos;
  /** Whole seconds: stamp of the command that set the schedule text; phase of `@every`. */
  readonly anchor: EpochNanos;
  /** Children, kept through their `parentJob`. */
  readonly dependentJobs: readonly JobName[];
  /** Why a stored job cannot be scheduled; `''` = it can. */
  readonly problem: string;
}

/** A job as the state machine holds it. */
export interface StoredJob {
  readonly definition: JobDefinition;
  readonly state: JobState;
}

/** Read-only keys that a create may submit, e.g. when a backup is restored. */
export interface SubmittedState {
  readonly successCount: number;
  readonly errorCount: number;
  readonly lastSuccess: EpochNanos | null;
  readonly lastError: EpochNanos | null;
  readonly status: string;
  /** ZERO_TIME = not submitted. */
  readonly next: EpochNanos;
  readonly dependentJobs: readonly JobName[] | null;
}
