import { DkronError } from '@dkron/runtime';

export type WorkerErrorCode = 'invalid-option' | 'journal-closed' | 'journal-io' | 'record-size';

/** Every expected failure of this package; switch on `code`. */
export class WorkerError extends DkronError<WorkerErrorCode> {}
