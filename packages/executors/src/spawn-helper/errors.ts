import { DkronError } from '@dkron/runtime';

/**
 * `start`: a helper process did not come up; `busy`: `runsMax` runs are under way; `closed`: the helper was closed;
 * `crashed`: the helper process ended under the run.
 */
export type SpawnHelperErrorCode = 'start' | 'busy' | 'closed' | 'crashed';

/** A command that the helper did not run, or not to its end; switch on `code`. */
export class SpawnHelperError extends DkronError<SpawnHelperErrorCode> {}
