import type { JobDefinition, Precondition, PutJob, Refusal, StoredJob, SubmittedState, ToggleJob } from '@dkron/jobs';
import { isRefusal } from '../http/refusals.ts';
import type { NodeContext } from '../node-context.ts';

/** A plan computed from a version that another write replaced meanwhile is made anew this often. */
const PLAN_TRIES_MAX = 8;

type Parts = Pick<NodeContext, 'store' | 'log' | 'planner' | 'engine'>;

/** Stores a definition that was found valid, and what was submitted with it. */
export async function putJob(
  { store, log, planner, engine }: Parts,
  { definition, submitted }: { readonly definition: JobDefinition; readonly submitted: SubmittedState },
  precondition: Precondition,
): Promise<StoredJob | Refusal> {
  for (let attempt = 1; ; attempt++) {
    const stored = store.getJob(definition.name);
    const stamp = engine.stamps.next();
    const command: PutJob = {
      type: 'putJob',
      stamp,
      definition,
      submitted,
      precondition,
      plannedFrom: stored?.state.version ?? 0,
      plan: planner.planPut(definition, submitted, stored, stamp),
    };
    const result = await log.propose(command);
    if (!isRefusal(result)) return result.job;
    if (result.refused !== 'stale' || attempt === PLAN_TRIES_MAX) return result;
  }
}

/** Sets `disabled` to what it is not; undefined = there is no such job. */
export async function toggleJob(
  { store, log, planner, engine }: Parts,
  name: string,
  precondition: Precondition,
): Promise<StoredJob | Refusal | undefined> {
  for (let attempt = 1; ; attempt++) {
    const stored = store.getJob(name);
    if (!stored) return undefined;
    const stamp = engine.stamps.next();
    const disabled = !stored.definition.disabled;
    const command: ToggleJob = {
      type: 'toggleJob',
      stamp,
      name,
      precondition,
      plannedFrom: stored.state.version,
      disabled,
      plan: planner.planToggle(stored, disabled, stamp),
    };
    const result = await log.propose(command);
    if (!isRefusal(result)) return result.job;
    if (result.refused !== 'stale' || attempt === PLAN_TRIES_MAX) return result;
  }
}

export async function deleteJob(
  { log, engine }: Parts,
  name: string,
  precondition: Precondition,
): Promise<StoredJob | Refusal> {
  const result = await log.propose({ type: 'deleteJob', stamp: engine.stamps.next(), name, precondition });
  return isRefusal(result) ? result : result.job;
}

/** Removes what a job has executed and sets its counters to 0. */
export async function deleteExecutions({ log, engine }: Parts, name: string): Promise<StoredJob | Refusal> {
  const result = await log.propose({ type: 'deleteExecutions', stamp: engine.stamps.next(), name });
  return isRefusal(result) ? result : result.job;
}
