import type { CommandResults, Due, Execution, ExecutionUpdate, JobDefinition } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { addRetry } from './add-retry.ts';

const NANOS_PER_MS = 1_000_000n;

/** Who holds the slot of a job that forbids overlap: its open runs, and ended attempts that may still run. Else 0. */
export function slotHolders(tx: Transaction, { name, concurrency }: JobDefinition): number {
  if (concurrency !== 'forbid') {
    return 0;
  }
  return tx.openRuns(name).length + tx.duesOf(name).filter((id) => tx.due(id)?.kind === 'hold').length;
}

/** The attempt was given up and may still run: it keeps the slot, and its retry waits. */
export function holdSlot(tx: Transaction, execution: Execution, rootGroup: bigint, lengthMs: number): void {
  const { jobName, group, id, nodeName, attempt } = execution;
  const dueAt = tx.stamp + BigInt(lengthMs) * NANOS_PER_MS;
  tx.addDue({ kind: 'hold', jobName, group, rootGroup, executionId: id, nodeName, attempt, dueAt, lengthMs });
}

/** The node says that the attempt has ended, whatever is made of its result. */
export function confirmEnd(tx: Transaction, id: string, attempt: number): void {
  const hold = tx.holdOf(id);
  if (hold !== undefined && hold.attempt === attempt) {
    release(tx, hold);
  }
}

export function released(
  tx: Transaction,
  { id, dueId, confirmed }: Extract<ExecutionUpdate, { readonly kind: 'released' }>,
): CommandResults['executionUpdates']['results'][number] {
  const hold = tx.due(dueId);
  if (hold === undefined || hold.kind !== 'hold' || hold.executionId !== id) {
    return 'known';
  }
  release(tx, hold);
  if (!confirmed) {
    recordPassed(tx, hold);
  }
  return 'applied';
}

function release(tx: Transaction, hold: Due): void {
  tx.removeDue(hold.id);
  const run = tx.run(hold.jobName, hold.group);
  const waits = run?.run.targets.some(
    (target) => target.executionId === hold.executionId && target.state === 'waiting',
  );
  if (waits === true) {
    addRetry(tx, hold, tx.execution(hold.executionId)?.execution);
  }
}

/** From here on a scheduled run may overlap with the attempt: whoever wonders finds it in the ledger. */
function recordPassed(tx: Transaction, { jobName, group, executionId }: Due): void {
  tx.addLedger(
    {
      jobName,
      tick: tx.stamp,
      lastTick: tx.stamp,
      count: 1,
      decision: 'released',
      reason: 'forbid_hold',
      trigger: tx.run(jobName, group)?.run.trigger ?? 'manual',
      decidedAt: tx.stamp,
      group,
      executions: [executionId],
    },
    tx.job(jobName)?.state.nextTick ?? null,
  );
}
