import type { Logger } from '@dkron/runtime';
import type { ConfigSchema } from './kit/config-schema.ts';

/** One attempt of one execution. */
export interface ExecuteRequest {
  readonly jobName: string;
  /** Identifies the execution in logs. */
  readonly executionId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The job's `executor_config`, verbatim: booleans and numbers are text, unknown keys are ignored. */
  readonly config: Readonly<Record<string, string>>;
  /** Longest run time of this attempt in milliseconds, whatever the executor. Absent = none. */
  readonly timeoutMs?: number;
  /** Milliseconds between asking a process to end and killing it, ≥ 0. */
  readonly killGraceMs: number;
}

/** What a started process can be found by after a restart of the node. */
export interface StartedInfo {
  /** Process group id of the run (equal to its first process's id). */
  readonly processGroup?: number;
  /** Start time of that process in kernel ticks since boot (`/proc/<pid>/stat` field 22); tells a reused id apart. */
  readonly startTime?: string;
}

/** What an executor may use during one attempt. */
export interface ExecuteContext {
  /** Abort = cancel the attempt. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /**
   * Takes output as it appears. The chunk may be kept but not changed. Must return at once and must not throw: no run
   * is ever slowed down by its reader.
   */
  output(chunk: Uint8Array, stderr: boolean): void;
  /** Called at most once, when the attempt's process exists and before its end is reported. */
  started?(info: StartedInfo): void;
}

/** Why an attempt was unsuccessful. */
export type FailureReason = 'exit' | 'timeout' | 'executor' | 'cancelled';

/** How an attempt ended. */
export interface ExecuteResult {
  readonly success: boolean;
  /** Empty exactly when `success`; else one line in the original's words, e.g. `exit status 2`. */
  readonly error: string;
  /** Only of unsuccessful ends. `exit`: the run itself failed; `executor`: it could not be started or was stopped. */
  readonly reason?: FailureReason;
  /** Only of processes that ended by themselves. */
  readonly exitCode?: number;
}

/** Runs attempts of one kind. Any number may run at once; an attempt's settings are never shared with another's. */
export interface Executor {
  /** As in a job's `executor`. */
  readonly name: string;
  /** What its configuration may hold; absent = anything. Jobs are judged by it before they run, attempts are not. */
  readonly configSchema?: ConfigSchema;
  /** Never rejects for anything the configuration or the outside world can cause: that is a result. */
  execute(request: ExecuteRequest, context: ExecuteContext): Promise<ExecuteResult>;
  /** Ends what is kept between attempts, such as connections. Attempts under way may fail. */
  close?(): Promise<void>;
}
