import { DkronError } from '@dkron/runtime';

/**
 * `missing`: no processor of that name; `timeout`: it took too long; `stopped`: the node stops; `bad_result`: it
 * returned something else than bytes; `bad_config`: a key of the job is missing or wrong; `not_installed`: a package
 * that it needs is not there; `sink`: what it sends to failed or refused.
 */
export type ProcessorErrorCode =
  | 'missing'
  | 'timeout'
  | 'stopped'
  | 'bad_result'
  | 'bad_config'
  | 'not_installed'
  | 'sink';

/** Why a processor changed nothing; switch on `code`. */
export class ProcessorError extends DkronError<ProcessorErrorCode> {}
