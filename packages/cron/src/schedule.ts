import type { EpochNanos } from '@dkron/runtime';

/** What a schedule means beyond its text; all have defaults. */
export interface ParseScheduleOptions {
  /** Decides what `~` stands for. Default `''`. */
  readonly jobName?: string;
  /** The job's zone; `''` (default) = none. A zone in the text is stronger. */
  readonly timezone?: string;
  /** Zone of schedules without one, and the meaning of `Local`. Default `UTC`. */
  readonly defaultTimezone?: string;
  /** `@every`: tick n ≥ 1 is anchor (cut to whole seconds) + n × delay. Default 0. */
  readonly anchor?: EpochNanos;
  /** Readings inside a gap: dropped (default), or one run at the first instant after it. */
  readonly dstGap?: 'skip' | 'after';
  /** Readings that occur twice: both passes (default), the first or the last only. */
  readonly dstOverlap?: 'both' | 'first' | 'last';
}

/** The form of the text; descriptors such as `@daily` are `fields`. */
export type ScheduleKind = 'fields' | 'every' | 'at' | 'after' | 'manually';

/** A compiled schedule: immutable as seen from outside, safe to share between jobs. */
export interface Schedule {
  readonly kind: ScheduleKind;
  /** Zone in force; kind `fields` only. */
  readonly timezone: string | undefined;
  /** The text after `~` replacement. */
  readonly resolved: string;
  /** `@after`: how late the one tick may run, nanoseconds; negative for a grace beyond 292 years. Otherwise 0. */
  readonly graceNanos: bigint;
  /** The first tick strictly later than `after`. */
  next(after: EpochNanos): EpochNanos | undefined;
  /**
   * The same in whole epoch seconds, without allocation. For the kinds `fields` and `every`; for the others the tick is
   * rounded up to a second.
   *
   * @returns NaN = never
   */
  nextSeconds(afterSeconds: number): number;
  /** The latest tick strictly earlier than `before`. */
  previous(before: EpochNanos): EpochNanos | undefined;
}
