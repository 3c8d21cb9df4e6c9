import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { forwardKey } from '../config.ts';
import { forwardOr } from '../forward.ts';
import type { Processor, ProcessorInput } from '../types.ts';

/** Settings of the `log` processor; all have defaults. */
export interface LogProcessorOptions {
  /** Takes the outputs of successful runs. @default standard output */
  readonly stdout?: (bytes: Uint8Array) => void;
  /** Takes the outputs of failed runs. @default standard error */
  readonly stderr?: (bytes: Uint8Array) => void;
}

/** Keys of `log`. */
export const configSchema = z.strictObject({ ...forwardKey });

/** Prints outputs to the node's standard output and error, between a line each that says whose they are. */
export function logProcessor(options: LogProcessorOptions = {}): Processor {
  const stdout = options.stdout ?? ((bytes: Uint8Array) => void process.stdout.write(bytes));
  const stderr = options.stderr ?? ((bytes: Uint8Array) => void process.stderr.write(bytes));
  return {
    name: 'log',
    configSchema,
    process: async (input, config) => {
      (input.success ? stdout : stderr)(framed(input));
      return forwardOr('Output in dkron log', input, config);
    },
  };
}

/** One piece, so that two outputs never mix. */
function framed(input: ProcessorInput): Uint8Array {
  const begin = `----- BEGIN OUTPUT job=${input.jobName} execution=${input.executionId} -----\n`;
  const end = `\n----- END OUTPUT -----\n`;
  return Buffer.concat([Buffer.from(begin), input.output, Buffer.from(end)]);
}
