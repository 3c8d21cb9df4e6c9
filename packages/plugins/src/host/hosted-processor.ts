import { status } from '@grpc/grpc-js';
import type { Timers } from '@dkron/runtime';
import type { PluginExecution, PluginTimestamp, ProcessorArgs } from '../wire/processor.ts';
import { causeText, PluginError } from '../errors.ts';
import type { HostedProcessor, PluginProcessorInput } from './contracts.ts';
import { exitDuringRun } from './exit-text.ts';
import type { LifeCycle } from './life-cycle.ts';
import type { PluginSession } from './session.ts';

/** A connection to a processor, whatever it speaks. */
export interface ProcessingSession extends PluginSession {
  process(args: ProcessorArgs, signal: AbortSignal): Promise<PluginExecution>;
}

export function hostedProcessor(
  name: string,
  lifeCycle: LifeCycle<ProcessingSession>,
  timers: Timers,
): HostedProcessor {
  const id = `processor-${name}`;
  return {
    name,
    process: async (input, config, { signal }) => {
      const running = await lifeCycle.use();
      const settings = new Map([...Object.entries(config), ['reporting_node', input.reportingNode]]);
      try {
        return (await running.session.process({ execution: executionOf(input), config: settings }, signal)).output;
      } catch (error) {
        if (signal.aborted) throw error;
        const exit = isBroken(error) ? await exitDuringRun(id, running, lifeCycle, timers) : undefined;
        const text = exit ?? `plugin ${id}: ${causeText(error)}`;
        throw new PluginError('PLUGIN_CALL', text, { plugin: id }, { cause: error });
      }
    },
  };
}

/** Whether it was the connection that failed, of either transport. */
function isBroken(error: unknown): boolean {
  if (error instanceof PluginError) return error.code === 'PLUGIN_CRASHED';
  return (error as { readonly code?: unknown }).code === status.UNAVAILABLE;
}

function executionOf(input: PluginProcessorInput): PluginExecution {
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
