import { DkronError } from '@dkron/runtime';

/**
 * `start`: a helper process did not come up; `busy`: `runsMax` runs are under way; `closed`: the helper was closed;
 * `crashed`: the helper process ended under the run.
 */
export type SpawnHelperErrorCode = 'start' | 'busy' | 'closed' | 'crashed';

export class SpawnHelperError extends DkronError<SpawnHelperErrorCode> {}
