import { DkronError } from '@dkron/runtime';

/**
 * `missing`: no processor of that name; `timeout`: it took too long; `stopped`: the node stops; `bad_result`: it
 * returned something else than bytes.
 */
export type ProcessorErrorCode = 'missing' | 'timeout' | 'stopped' | 'bad_result';

/** Why a processor changed nothing; switch on `code`. */
export class ProcessorError extends DkronError<ProcessorErrorCode> {}
