import type { ExecutionState } from './execution.ts';
import type { JobDefinition } from './job.ts';

const UNIT_MS = 500;

/**
 * How long to wait before the next attempt: half seconds, growing with the logarithm of the failed attempt's length.
 *
 * @param elapsedMs - since the failed attempt's start; below half a second (or negative) there is no wait
 * @param newAttempt - number of the attempt to start, from 2
 * @returns milliseconds, a multiple of 500
 */
export function retryDelayMs(elapsedMs: number, newAttempt: number): number {
  const units = Math.floor(elapsedMs / UNIT_MS);
  if (!(units >= 1)) return 0;
  return Math.trunc(Math.log2(units) + newAttempt) * UNIT_MS;
}

/**
 * Whether an ended attempt is followed by another: `failed` or `lost`, and attempts are left. A cancelled attempt is
 * what somebody wanted, so it is not repeated.
 *
 * @param attempt - the ended one, from 1
 */
export function wantsRetry(
  definition: Pick<JobDefinition, 'retries'>,
  state: ExecutionState | 'waiting',
  attempt: number,
): boolean {
  return (state === 'failed' || state === 'lost') && attempt <= definition.retries;
}
