import type { Precondition, Refusal, RefusalCode } from '@dkron/jobs';
import type { ApiErrorCode, ApiProblem } from './api-error.ts';
import { ApiError } from './api-error.ts';

export type Action = 'put' | 'delete' | 'toggle' | 'run' | 'deleteExecutions' | 'cancel';

const CODES: Readonly<Record<RefusalCode, ApiErrorCode>> = {
  not_found: 'not_found',
  stale: 'internal',
  precondition_failed: 'precondition_failed',
  parent_not_found: 'parent_not_found',
  parent_cycle: 'parent_cycle',
  has_children: 'has_children',
  disabled: 'disabled',
  no_targets: 'no_targets',
  forbidden_overlap: 'forbidden_overlap',
  already_finished: 'already_finished',
};

/** The original's status per action where it has one; the additive statuses where it does not know the case. */
function statusOf(code: RefusalCode, action: Action): number {
  if (code === 'precondition_failed') return 412;
  if (code === 'forbidden_overlap' || code === 'already_finished') return 409;
  if (code === 'parent_cycle') return 400;
  if (code === 'stale') return 500;
  if (action === 'put' && code !== 'parent_not_found') return 500;
  return 404;
}

function plainOf(refusal: Refusal): string {
  if (refusal.refused === 'parent_not_found') return 'specified parent job not found';
  if (refusal.refused === 'parent_cycle') return `Job validation failed: ${refusal.message}.`;
  return '';
}

export function isRefusal(result: object): result is Refusal {
  return 'refused' in result;
}

/** The parent of a submitted job cannot be taken: the field and value that are wrong. */
function parentProblem({ refused, message }: Refusal, parent: string | undefined): readonly ApiProblem[] {
  if (parent === undefined || (refused !== 'parent_cycle' && refused !== 'parent_not_found')) return [];
  const allowed = refused === 'parent_cycle' ? 'a job that does not depend on this one' : 'the name of a stored job';
  return [{ code: refused, message, field: 'parent_job', value: parent, allowed, column: null }];
}

/** The job is not the one that a header names. */
function conditionProblem({ refused, message }: Refusal, precondition: Precondition): readonly ApiProblem[] {
  if (refused !== 'precondition_failed' || precondition === null) return [];
  const [field, allowed] =
    precondition === 'absent'
      ? ['If-None-Match', 'a name that no job has']
      : ['If-Match', 'the ETag of the job as it is now'];
  return [{ code: refused, message, field, allowed, column: null }];
}

/** What was asked, to say what of it was wrong. */
export interface Asked {
  readonly precondition?: Precondition;
  /** The submitted `parent_job`. */
  readonly parent?: string;
}

/** What the API answers when the state machine refused a command. */
export function refusalError(refusal: Refusal, action: Action, { precondition = null, parent }: Asked = {}): ApiError {
  const plain = plainOf(refusal);
  return new ApiError({
    status: statusOf(refusal.refused, action),
    code: CODES[refusal.refused],
    message: plain === '' ? refusal.message : plain,
    plain,
    problems: [...parentProblem(refusal, parent), ...conditionProblem(refusal, precondition)],
  });
}
