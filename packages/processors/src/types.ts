import type { Logger } from '@dkron/runtime';

/** A finished attempt and its output. */
export interface ProcessorInput {
  readonly executionId: string;
  readonly jobName: string;
  /** The node that ran it. */
  readonly nodeName: string;
  /** The node the processors run on. */
  readonly reportingNode: string;
  readonly success: boolean;
  /** RFC 3339. */
  readonly startedAt: string;
  /** RFC 3339. Absent = not known. */
  readonly finishedAt?: string;
  /** What all executions of one run have in common: a stamp in nanoseconds. Absent = not known. */
  readonly group?: bigint;
  /** From 1. Absent = not known. */
  readonly attempt?: number;
  readonly output: Uint8Array;
}

/** What a processor may use during one call. */
export interface ProcessorContext {
  /** Aborts when the time is up or the node stops; what comes after is dropped. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Settings of one processor of one job, verbatim: booleans are text, unknown keys are ignored. */
export type ProcessorConfig = Readonly<Record<string, string>>;

/**
 * Does something with an output. Any number of calls may overlap, so settings belong to the call and never to the
 * object.
 */
export interface Processor {
  /** As in a job's `processors`. */
  readonly name: string;
  /** Resolves to the output that replaces the old one, which it must not change in place. */
  process(input: ProcessorInput, config: ProcessorConfig, context: ProcessorContext): Promise<Uint8Array>;
}
