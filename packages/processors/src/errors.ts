import { DkronError } from '@dkron/runtime';

/**
 * `missing`: no processor of that name; `timeout`: it took too long; `stopped`: the node stops; `bad_result`: it
 * returned something else than bytes.
 */
export type ProcessorErrorCode = 'missing' | 'timeout' | 'stopped' | 'bad_result';

export class ProcessorError extends DkronError<ProcessorErrorCode> {}
