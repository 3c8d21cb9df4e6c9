import type { DriverResult } from '@dkron/raft/testing';
import type { DriverTask } from './messages.ts';
import { runWorkers } from './run-workers.ts';

/** Simulates seeds of whole nodes in as many threads as told. With `stopAtFailure` all end soon after a failure. */
export async function runDriverSeeds(
  options: Omit<DriverTask, 'offset'>,
  timeoutMs = Infinity,
): Promise<DriverResult[]> {
  const results: DriverResult[] = [];
  await runWorkers(new URL('./driver-worker.ts', import.meta.url), options, timeoutMs, (message) => {
    const result = message as DriverResult;
    results.push(result);
    return result.failure !== undefined && options.stopAtFailure;
  });
  return results.sort((a, b) => a.seed - b.seed);
}
