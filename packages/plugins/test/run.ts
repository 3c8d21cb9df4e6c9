import { silentLogger } from '@dkron/runtime';
import type { HostedExecutor, PluginRunResult } from '../src/host/index.ts';

/** One run of a hosted executor, and its output. */
export async function run(
  executor: HostedExecutor | undefined,
  config: Readonly<Record<string, string>>,
  options: {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly onOutput?: (text: string) => void;
  } = {},
): Promise<PluginRunResult & { readonly output: string; readonly bytes: number }> {
  const { signal = new AbortController().signal, timeoutMs, onOutput } = options;
  let output = '';
  let bytes = 0;
  const result = await executor!.execute(
    { jobName: 'job', config, ...(timeoutMs !== undefined && { timeoutMs }) },
    {
      signal,
      logger: silentLogger,
      output: (chunk) => {
        bytes += chunk.length;
        const text = Buffer.from(chunk).toString();
        if (output.length < 100_000) output += text;
        onOutput?.(text);
      },
    },
  );
  return { ...result, output, bytes };
}
