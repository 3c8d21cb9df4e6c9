import { env } from 'node:process';
import type { Execution, ExecutionOutput, JobDefinition } from '@dkron/jobs';
import type { Processor } from '@dkron/processors';
import { ProcessorPipeline } from '@dkron/processors';
import { allProcessors } from '@dkron/processors/all';
import { formatRfc3339 } from '@dkron/cron';
import type { HostedProcessor } from '@dkron/plugins/host';
import { withPlugins } from '@dkron/plugins/host';
import type { Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { OfferedByName } from './node/own-offers.ts';
import { byName } from './node/own-offers.ts';
import type { ServerOptions } from './options.ts';

export type ProcessResult = (
  execution: Execution,
  output: ExecutionOutput,
  definition: JobDefinition,
  signal: AbortSignal,
) => Promise<Uint8Array | null>;

export interface ResultProcessing {
  /** Runs a job's processors over a committed result; null = they left the output as it was. */
  readonly process: ProcessResult;
  /** The processors there are, in ascending order. */
  readonly processors: OfferedByName;
  close(): Promise<void>;
}

export interface ProcessingModules {
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Processors in programs of their own. */
  readonly hosted: readonly HostedProcessor[];
}

export function processResults(
  { nodeName: reportingNode, notifications }: Pick<ServerOptions, 'nodeName' | 'notifications'>,
  { hosted, ...environment }: ProcessingModules,
): ResultProcessing {
  const { host, port, username, password, from } = notifications.mail;
  const email = port === 0 ? {} : { host, port, username, password, from };
  const processors = withPlugins<Processor>(allProcessors({ environment: env, email }, environment), hosted);
  const pipeline = new ProcessorPipeline({}, { ...environment, processors });
  const process: ProcessResult = async (execution, output, definition, signal) => {
    const result = await pipeline.run(
      {
        executionId: execution.id,
        jobName: execution.jobName,
        nodeName: execution.nodeName,
        reportingNode,
        success: execution.state === 'success',
        startedAt: formatRfc3339(execution.startedAt),
        finishedAt: formatRfc3339(execution.finishedAt),
        group: execution.group,
        attempt: execution.attempt,
        output: output.tail,
      },
      definition.processors,
      signal,
    );
    return result.output === output.tail ? null : result.output;
  };
  return { process, processors: byName(processors), close: () => pipeline.close() };
}
