import { isTrue } from './config.ts';
import type { ProcessorConfig, ProcessorInput } from './types.ts';

const encoder = new TextEncoder();

/** The output of a processor with the common key `forward`: the run's own when it is true, else `text`. */
export function forwardOr(text: string, input: ProcessorInput, config: ProcessorConfig): Uint8Array {
  return isTrue(config['forward']) ? input.output : encoder.encode(text);
}
