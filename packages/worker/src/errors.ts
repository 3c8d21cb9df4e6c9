import { DkronError } from '@dkron/runtime';

/** `journal-io`: its storage failed; `record-size`: a record is too long to be written. */
export type WorkerErrorCode = 'invalid-option' | 'journal-closed' | 'journal-io' | 'record-size' | 'no-room';

/** Every expected failure of this package; switch on `code`. */
export class WorkerError extends DkronError<WorkerErrorCode> {}
