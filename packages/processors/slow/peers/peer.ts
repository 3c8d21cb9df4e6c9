/// <reference types="node" />
import { silentLogger } from '@dkron/runtime';
import type { Processor, ProcessorInput } from '../../src/index.ts';

/** One call as the pipeline makes it. */
export async function send(
  processor: Processor,
  config: Record<string, string>,
  input: ProcessorInput,
): Promise<string> {
  const context = { signal: AbortSignal.timeout(30_000), logger: silentLogger };
  return Buffer.from(await processor.process(input, config, context)).toString();
}
