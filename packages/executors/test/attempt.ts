import { MemoryLogger } from '@dkron/runtime/testing';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor, StartedInfo } from '../src/types.ts';

/** What one attempt in a test did. */
export interface TestRun {
  readonly result: ExecuteResult;
  readonly stdout: string;
  readonly stderr: string;
  readonly started: readonly StartedInfo[];
  readonly logger: MemoryLogger;
}

type Options = Partial<Pick<ExecuteRequest, 'timeoutMs' | 'killGraceMs' | 'jobName'>> & {
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
  readonly onStarted?: (info: StartedInfo) => void;
};

/** Runs one attempt and collects everything it says. */
export async function attempt(
  executor: Executor,
  config: Record<string, string>,
  options: Options = {},
): Promise<TestRun> {
  const { signal = new AbortController().signal, onOutput, onStarted, ...request } = options;
  const out = { stdout: '', stderr: '' };
  const started: StartedInfo[] = [];
  const logger = new MemoryLogger();
  const context: ExecuteContext = {
    signal,
    logger,
    output: (chunk, stderr) => {
      const text = Buffer.from(chunk).toString();
      out[stderr ? 'stderr' : 'stdout'] += text;
      onOutput?.(text);
    },
    started: (info) => {
      started.push(info);
      onStarted?.(info);
    },
  };
  const base = { jobName: 'job', executionId: '1-node', attempt: 1, killGraceMs: 2_000 };
  const result = await executor.execute({ ...base, ...request, config }, context);
  return { result, ...out, started, logger };
}
