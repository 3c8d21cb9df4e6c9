import type { Logger } from '@dkron/runtime';

/** One run, as a plugin hears of it. Executors of `@dkron/executors` take it as their request. */
export interface ServedRequest {
  readonly jobName: string;
  /** The job's `executor_config`: all values are text. */
  readonly config: Readonly<Record<string, string>>;
  /** Hosts do not tell it. */
  readonly executionId: '';
  readonly attempt: 1;
  readonly killGraceMs: number;
}

export interface ServedContext {
  /** Aborts when the host gives the run up. */
  readonly signal: AbortSignal;
  /** Lines for the host's log. */
  readonly logger: Logger;
  /** Output as it appears. Never blocks. */
  output(chunk: Uint8Array | string, stderr?: boolean): void;
}

/** How a run ended; executors of `@dkron/executors` say more, which hosts do not hear. */
export interface ServedResult {
  readonly success: boolean;
  /** Empty on success. */
  readonly error: string;
}

/** What runs jobs. */
export interface ServedExecutor {
  /** Text or bytes are the last of the output; what is thrown makes the run fail with its message. */
  execute(
    request: ServedRequest,
    context: ServedContext,
  ): Promise<ServedResult | string | Uint8Array | void> | ServedResult | string | Uint8Array | void;
}

/** A finished run. Processors of `@dkron/processors` take it as their input. */
export interface ServedRun {
  /** `<started at, nanoseconds>-<node>`. */
  readonly executionId: string;
  readonly jobName: string;
  /** The node that ran it. */
  readonly nodeName: string;
  /** The node that has it processed. */
  readonly reportingNode: string;
  readonly success: boolean;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly group: bigint;
  readonly attempt: number;
  readonly output: Uint8Array;
}

/** What deals with outputs. */
export interface ServedProcessor {
  /** Gives the output that takes the other's place; what is thrown leaves it as it was. */
  process(
    run: ServedRun,
    config: Readonly<Record<string, string>>,
    context: Pick<ServedContext, 'signal' | 'logger'>,
  ): Promise<string | Uint8Array> | string | Uint8Array;
}
