import { decideStart } from '@dkron/jobs';
import type { CommandResults, DecideTicks, JobName, LedgerEntry, StoredJob, TickDecision } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { later } from './plan.ts';
import { slotHolders } from './slot.ts';
import { startRun } from './start-run.ts';

export function applyDecideTicks(tx: Transaction, { decisions }: DecideTicks): CommandResults['decideTicks'] {
  const stale = new Set<JobName>();
  for (const decision of decisions) {
    const stored = tx.job(decision.jobName);
    if (stored === undefined || stored.state.version !== decision.version) {
      stale.add(decision.jobName);
    } else if (decision.tick > stored.state.decidedUpTo) {
      decide(tx, stored, decision);
    }
  }
  return { stale: [...stale] };
}

function decide(tx: Transaction, { definition, state }: StoredJob, decision: TickDecision): void {
  const { jobName, group, trigger, tick, lastTick, targets, nextTick } = decision;
  const outcome = outcomeOf(tx, definition, decision);
  const runs = outcome.decision === 'run';
  tx.setJob(jobName, {
    definition,
    state: { ...state, decidedUpTo: later(tick, lastTick), nextTick, next: later(state.next, decision.next) },
  });
  if (runs) {
    startRun(tx, { jobName, group, rootGroup: group, trigger, tick, targets });
  }
  tx.addLedger(
    {
      jobName,
      tick,
      lastTick,
      count: decision.count,
      ...outcome,
      trigger,
      decidedAt: tx.stamp,
      group: runs ? group : null,
      executions: runs ? targets.map(({ executionId }) => executionId) : [],
    },
    nextTick,
  );
}

/** The leader asked for a run; whether it happens is settled here, where the slot and the pause are known for certain. */
function outcomeOf(
  tx: Transaction,
  definition: StoredJob['definition'],
  asked: TickDecision,
): Pick<LedgerEntry, 'decision' | 'reason'> {
  if (asked.decision !== 'run') {
    return { decision: asked.decision, reason: asked.reason };
  }
  const verdict = decideStart({
    definition,
    trigger: asked.trigger,
    at: asked.tick,
    openRuns: slotHolders(tx, definition),
    paused: tx.paused('schedule'),
    targets: asked.targets.length,
  });
  return verdict === 'run' ? { decision: 'run', reason: '' } : { decision: 'skipped', reason: verdict.skipped };
}
