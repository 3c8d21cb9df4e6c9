import { Buffer, isUtf8 } from 'node:buffer';
import type { ProcessorInput } from './types.ts';

/** A run as JSON: names as in the REST API. Facts that are not known are left out. */
export function factsOf(input: ProcessorInput): Record<string, unknown> {
  return {
    execution_id: input.executionId,
    job_name: input.jobName,
    node_name: input.nodeName,
    reporting_node: input.reportingNode,
    success: input.success,
    started_at: input.startedAt,
    ...(input.finishedAt !== undefined && { finished_at: input.finishedAt }),
    // A number of 19 digits would not survive most readers.
    ...(input.group !== undefined && { group: String(input.group) }),
    ...(input.attempt !== undefined && { attempt: input.attempt }),
    output: outputText(input),
    ...(!isUtf8(input.output) && { output_base64: Buffer.from(input.output).toString('base64') }),
  };
}

/** The output as text; bytes that are none are replaced. */
export function outputText(input: ProcessorInput): string {
  return new TextDecoder().decode(input.output);
}
