import { isUtf8 } from 'node:buffer';
import { systemRandom, systemTimers } from '@dkron/runtime/system';
import { z } from 'zod';
import { badConfig, forwardKey, optionalText } from '../config.ts';
import { outputText } from '../facts.ts';
import type { SinkModules } from '../sink.ts';
import { sinkProcessor } from '../sink.ts';
import type { Processor, ProcessorInput } from '../types.ts';
import { encodeEvent } from './forward-codec.ts';
import { ForwardSender } from './forward-sender.ts';

/** Where the node's outputs go. Without a host every output fails. */
export interface FluentProcessorOptions {
  /** As in `FLUENTBIT_HOST`. */
  readonly host?: string | undefined;
  /** As in `FLUENTBIT_PORT`. @default 24224 */
  readonly port?: number | undefined;
  /** As in `FLUENTBIT_TAG`. @default 'dkron' */
  readonly tag?: string | undefined;
  /** Outputs that wait for an acknowledgement, and their bytes. @default 10000 and 16777216 */
  readonly eventsMax?: number | undefined;
  readonly bytesMax?: number | undefined;
}

/** Keys of `fluent`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  tag: optionalText("tag of the events; the node's FLUENTBIT_TAG, else dkron when absent"),
});

const PORT = 24_224;

/**
 * Sends each output to Fluentd or Fluent Bit by the forward protocol, as `{host, job_name, message}`. A call ends with the
 * acknowledgement; what is not acknowledged is kept within limits and sent later.
 */
export function fluentProcessor(options: FluentProcessorOptions = {}, modules: SinkModules = {}): Processor {
  const { timers = systemTimers, random = systemRandom } = modules;
  const { host, port = PORT } = options;
  const limits = {
    ...(options.eventsMax !== undefined && { eventsMax: options.eventsMax }),
    ...(options.bytesMax !== undefined && { bytesMax: options.bytesMax }),
  };
  const sender = host ? new ForwardSender({ host, port, ...limits }, { timers, random }) : undefined;
  const processor = sinkProcessor(
    {
      name: 'fluent',
      configSchema,
      replacement: 'Output sent to Fluent',
      // The sender repeats by itself.
      triesMax: 1,
      send: async (input, config) => {
        if (sender === undefined) throw badConfig('FLUENTBIT_HOST', "is not in the node's environment");
        const tag = config.tag ?? options.tag ?? 'dkron';
        const at = input.finishedAt ?? input.startedAt;
        const chunk = Buffer.from(input.executionId).toString('base64');
        await sender.send(chunk, await encodeEvent({ tag, at, record: recordOf(input), chunk }));
      },
    },
    modules,
  );
  return { ...processor, close: async () => void sender?.close() };
}

/** Text where the output is text: receivers show bytes as such. */
function recordOf(input: ProcessorInput): Record<string, unknown> {
  const message = isUtf8(input.output) ? outputText(input) : input.output;
  return { host: input.nodeName, job_name: input.jobName, message };
}
