import type { ProcessorConfig, ProcessorInput } from './types.ts';

const TRUE_TEXTS = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const encoder = new TextEncoder();

/** The output of a processor with the common key `forward`: the run's own when it is true, else `text`. */
export function forwardOr(text: string, input: ProcessorInput, config: ProcessorConfig): Uint8Array {
  return TRUE_TEXTS.includes(config['forward'] ?? '') ? input.output : encoder.encode(text);
}
