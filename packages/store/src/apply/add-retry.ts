import { retryDelayMs } from '@dkron/jobs';
import type { Due, Execution } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Transaction } from '../transaction.ts';

const NANOS_PER_MS = 1_000_000n;

/** @param execution the attempt to repeat, as far as it is still known: the delay goes by how long it took */
export function addRetry(
  tx: Transaction,
  ended: Pick<Due, 'jobName' | 'group' | 'rootGroup' | 'executionId' | 'nodeName' | 'attempt'>,
  execution: Execution | undefined,
): void {
  const { jobName, group, rootGroup, executionId, nodeName } = ended;
  const started = execution !== undefined && execution.startedAt !== ZERO_TIME;
  const elapsedMs = started ? Number((execution.finishedAt - execution.startedAt) / NANOS_PER_MS) : 0;
  const attempt = ended.attempt + 1;
  const lengthMs = retryDelayMs(elapsedMs, attempt);
  const dueAt = tx.stamp + BigInt(lengthMs) * NANOS_PER_MS;
  tx.addDue({ kind: 'retry', jobName, group, rootGroup, executionId, nodeName, attempt, dueAt, lengthMs });
}
