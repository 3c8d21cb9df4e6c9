import type { CommandResults, StoredJob, ToggleJob } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { recordPassed, timetableOf } from './plan.ts';
import { checkPlan, checkPrecondition, notFound } from './refuse.ts';

export function applyToggleJob(tx: Transaction, command: ToggleJob): CommandResults['toggleJob'] {
  const { name, disabled, plan } = command;
  const stored = tx.job(name);
  if (stored === undefined) {
    return notFound(name);
  }
  const refusal = checkPrecondition(name, stored, command.precondition) ?? checkPlan(name, stored, command.plannedFrom);
  if (refusal !== undefined) {
    return refusal;
  }
  const { definition, state } = stored;
  tx.setJob(name, {
    definition: { ...definition, disabled },
    state: {
      ...state,
      ...timetableOf(stored, definition.schedule, plan),
      version: state.version + (definition.disabled === disabled ? 0 : 1),
    },
  });
  recordPassed(tx, name, plan.passed, plan.nextTick);
  tx.events.push({ type: 'job', name, change: 'toggle' });
  return { job: tx.job(name) as StoredJob };
}
