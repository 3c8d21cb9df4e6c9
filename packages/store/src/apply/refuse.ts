import type { Precondition, Refusal, RefusalCode, StoredJob } from '@dkron/jobs';

export function refuse(refused: RefusalCode, message: string): Refusal {
  return { refused, message };
}

export function notFound(name: string): Refusal {
  return refuse('not_found', `job "${name}" does not exist`);
}

/** Undefined when the condition holds. */
export function checkPrecondition(
  name: string,
  stored: StoredJob | undefined,
  precondition: Precondition,
): Refusal | undefined {
  if (precondition === null) {
    return undefined;
  }
  if (precondition === 'absent') {
    return stored === undefined ? undefined : refuse('precondition_failed', `job "${name}" exists already`);
  }
  if (stored === undefined) {
    return refuse('precondition_failed', `job "${name}" does not exist, so it has no version ${precondition.version}`);
  }
  const { version } = stored.state;
  return version === precondition.version
    ? undefined
    : refuse('precondition_failed', `job "${name}" has version ${version}, not ${precondition.version}`);
}

export function checkPlan(name: string, stored: StoredJob | undefined, plannedFrom: number): Refusal | undefined {
  const version = stored?.state.version ?? 0;
  return version === plannedFrom
    ? undefined
    : refuse('stale', `the plan for job "${name}" was made from version ${plannedFrom}, stored is ${version}`);
}
