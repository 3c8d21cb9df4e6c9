/** Nanoseconds since 1970-01-01T00:00:00Z. A bigint: a `number` cannot hold today's value exactly. */
export type EpochNanos = bigint;

/** Nanoseconds in a millisecond. */
export const NANOS_PER_MILLISECOND = 1_000_000n;
/** Nanoseconds in a second. */
export const NANOS_PER_SECOND = 1_000_000_000n;

/** 0001-01-01T00:00:00Z, the original's "no time": an unfinished execution's `finished_at`, a job without a next tick. */
export const ZERO_TIME: EpochNanos = -62_135_596_800n * NANOS_PER_SECOND;

/** Reads time. Wall time may jump either way; monotonic time only grows and has no meaning between processes. */
export interface Clock {
  /** Wall time, milliseconds since 1970 with fraction. */
  wallMs(): number;
  /** Wall time in nanoseconds since 1970, as fine as the platform gives. */
  wallNanos(): EpochNanos;
  /** Milliseconds with fraction since an arbitrary origin. */
  monotonicMs(): number;
}

/** Undoes a pending timer; harmless when it already fired. */
export type Cancel = () => void;

/** Waits on monotonic time. */
export interface Timers {
  /** Calls `fn` once, not before `delayMs` (≥ 0) of monotonic time passed. Delays over 2^31-1 ms are refused. */
  after(delayMs: number, fn: () => void): Cancel;
  /** Calls `fn` once after the current turn of the event loop let pending I/O through. */
  nextTurn(fn: () => void): Cancel;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
