import { DkronError } from '@dkron/runtime';

export type StartErrorCode =
  | 'invalid_option'
  | 'address_in_use'
  | 'address_not_available'
  | 'data_dir'
  | 'data_dir_locked'
  | 'feature_level'
  | 'foreign_data'
  | 'gossip'
  | 'join_exhausted'
  | 'name_taken'
  | 'node_name'
  | 'plugin';

/** A node cannot start or go on; the message says what to change. */
export class StartError extends DkronError<StartErrorCode, { readonly option?: string; readonly value?: string }> {}
