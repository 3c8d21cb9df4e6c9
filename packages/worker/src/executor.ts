import type { Logger } from '@dkron/runtime';

/** What one attempt asks of an executor. */
export interface ExecuteRequest {
  readonly jobName: string;
  readonly executionId: string;
  /** From 1. */
  readonly attempt: number;
  readonly config: Readonly<Record<string, string>>;
  /** Absent = no limit. */
  readonly timeoutMs?: number;
  /** Between asking a process group to end and forcing it. */
  readonly killGraceMs: number;
}

/** What an executor may use while it works. */
export interface ExecuteContext {
  /** Aborts on cancel, on timeout and when the worker stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Takes the next bytes of output; never blocks. The chunk may be reused after the call. */
  output(chunk: Uint8Array, stderr: boolean): void;
  /** Names the process group to be killed should this worker die. */
  started?(info: { processGroup?: number; startTime?: string }): void;
}

/** How an attempt ended. */
export interface ExecuteResult {
  readonly success: boolean;
  /** `''` on success. */
  readonly error: string;
  readonly reason?: 'exit' | 'timeout' | 'executor' | 'cancelled';
  readonly exitCode?: number;
}

/** Runs attempts of one kind. Resolves for every outcome of the job; a rejection counts as a failure of the executor. */
export interface Executor {
  readonly name: string;
  execute(request: ExecuteRequest, context: ExecuteContext): Promise<ExecuteResult>;
}

/** The executors of this node by name. */
export interface ExecutorSource {
  get(name: string): Executor | undefined;
  names(): readonly string[];
}
