import type { Logger } from '@dkron/runtime';

/** What a run asks of a hosted executor: an attempt as nodes of Dkron know it. */
export interface PluginRunRequest {
  readonly jobName: string;
  readonly config: Readonly<Record<string, string>>;
  /** Absent = no limit. */
  readonly timeoutMs?: number;
}

/** What a hosted executor may use during a run. */
export interface PluginRunContext {
  /** Abort = cancel the run. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  output(chunk: Uint8Array, stderr: boolean): void;
}

/** How a run ended. */
export interface PluginRunResult {
  readonly success: boolean;
  /** Empty exactly when `success`; else one line. */
  readonly error: string;
  readonly reason?: 'executor' | 'timeout' | 'cancelled';
}

/** An executor whose runs take place in a plugin. It never rejects. */
export interface HostedExecutor {
  readonly name: string;
  execute(request: PluginRunRequest, context: PluginRunContext): Promise<PluginRunResult>;
}

/** A finished run, as nodes of Dkron give it to processors. */
export interface PluginProcessorInput {
  /** `<stamp>-<node>`. */
  readonly executionId: string;
  readonly jobName: string;
  readonly nodeName: string;
  readonly reportingNode: string;
  readonly success: boolean;
  /** RFC 3339. */
  readonly startedAt: string;
  /** RFC 3339. Absent = not known. */
  readonly finishedAt?: string;
  /** Nanoseconds; what all executions of one run have in common. Absent = the stamp of the id. */
  readonly group?: bigint;
  /** Absent = 1. */
  readonly attempt?: number;
  readonly output: Uint8Array;
}

/** A processor whose calls take place in a plugin. */
export interface HostedProcessor {
  readonly name: string;
  /** Rejects with `PluginError`. */
  process(
    input: PluginProcessorInput,
    config: Readonly<Record<string, string>>,
    context: { readonly signal: AbortSignal },
  ): Promise<Uint8Array>;
}
