import type { Logger } from '@dkron/runtime';
import type { z } from 'zod';

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
 * The keys that a processor reads: a `z.strictObject` of texts, in the same form as that of an executor. What makes a key
 * required is the lack of `.optional()`; one that nobody may see has `writeOnly: true` in its metadata. Jobs are judged
 * by it before they run; a run ignores keys it does not know.
 */
export type ProcessorConfigSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>, z.core.$strict>;

/**
 * Does something with an output. Any number of calls may overlap, so settings belong to the call and never to the
 * object.
 */
export interface Processor {
  /** As in a job's `processors`. */
  readonly name: string;
  /** Absent = it does not tell which keys it reads. */
  readonly configSchema?: ProcessorConfigSchema;
  /**
   * Resolves to the output that replaces the old one, which it must not change in place. Rejects for whatever went wrong,
   * in one line without secrets: the output then stays as it was.
   */
  process(input: ProcessorInput, config: ProcessorConfig, context: ProcessorContext): Promise<Uint8Array>;
  /** Ends what is kept between calls, such as connections. Calls under way may fail. */
  close?(): Promise<void>;
}
