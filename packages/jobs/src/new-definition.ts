import type { JobDefinition } from './job.ts';
import { definitionOf } from './parse-job.ts';
import { emptySubmission } from './submission.ts';

/** A definition as a request would make it that says no more than `fields`; not judged, see `validateJob`. */
export function newDefinition(fields: Partial<JobDefinition> & Pick<JobDefinition, 'name'>): JobDefinition {
  return { ...definitionOf(emptySubmission()), ...fields };
}
