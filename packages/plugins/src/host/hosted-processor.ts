import type { PluginTimestamp } from '../wire/processor.ts';
import { causeText, PluginError } from '../errors.ts';
import type { HostedProcessor, PluginProcessorInput } from './contracts.ts';
import type { LifeCycle } from './life-cycle.ts';
import type { ProcessorSession } from './processor-session.ts';

export function hostedProcessor(name: string, lifeCycle: LifeCycle<ProcessorSession>): HostedProcessor {
  return {
    name,
    process: async (input, config, { signal }) => {
      const { session } = await lifeCycle.use();
      const settings = new Map([...Object.entries(config), ['reporting_node', input.reportingNode]]);
      try {
        return (await session.process({ execution: executionOf(input), config: settings }, signal)).output;
      } catch (error) {
        if (signal.aborted) throw error;
        const details = { plugin: `processor-${name}` };
        throw new PluginError('PLUGIN_CALL', `plugin processor-${name}: ${causeText(error)}`, details, {
          cause: error,
        });
      }
    },
  };
}

function executionOf(input: PluginProcessorInput): Parameters<ProcessorSession['process']>[0]['execution'] {
  const { jobName, success, output, nodeName, executionId, startedAt, finishedAt, attempt = 1 } = input;
  const group = input.group ?? BigInt(/^\d{1,19}(?=-)/.exec(executionId)?.[0] ?? 0);
  const times = {
    startedAt: timestamp(startedAt),
    ...(finishedAt !== undefined && { finishedAt: timestamp(finishedAt) }),
  };
  return { jobName, success, output, nodeName, group, attempt, ...times };
}

/** Of an RFC 3339 text. */
function timestamp(text: string): PluginTimestamp {
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? '';
  const wholeMs = Date.parse(text.replace(/\.\d+/, ''));
  return { seconds: BigInt(Number.isNaN(wholeMs) ? 0 : wholeMs / 1000), nanos: Number(fraction.padEnd(9, '0')) };
}
