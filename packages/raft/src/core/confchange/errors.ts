import { DkronError } from '@dkron/runtime';

/** Why a membership change was refused. */
export type ConfChangeErrorCode =
  | 'RAFT_CONF_REMOVED_ALL_VOTERS'
  | 'RAFT_CONF_MULTIPLE_VOTERS'
  | 'RAFT_CONF_SIMPLE_IN_JOINT'
  | 'RAFT_CONF_ALREADY_JOINT'
  | 'RAFT_CONF_ZERO_VOTERS'
  | 'RAFT_CONF_NOT_JOINT'
  | 'RAFT_CONF_INVALID'
  | 'RAFT_CONF_MALFORMED';

const MESSAGES: Record<ConfChangeErrorCode, string> = {
  RAFT_CONF_REMOVED_ALL_VOTERS: 'change would leave no voter; at least one must stay',
  RAFT_CONF_MULTIPLE_VOTERS: 'change alters more than one voter; enter a joint configuration for that',
  RAFT_CONF_SIMPLE_IN_JOINT: 'simple change in a joint configuration; leave it first',
  RAFT_CONF_ALREADY_JOINT: 'configuration is joint already; leave it first',
  RAFT_CONF_ZERO_VOTERS: 'a configuration without voters cannot become joint',
  RAFT_CONF_NOT_JOINT: 'configuration is not joint; there is nothing to leave',
  RAFT_CONF_INVALID: 'configuration breaks an invariant',
  RAFT_CONF_MALFORMED: 'bytes are no membership change',
};

/** A membership change that cannot be made, or bytes that are none. Nothing was changed. */
export class ConfChangeError extends DkronError<ConfChangeErrorCode, { readonly detail: string }> {
  constructor(code: ConfChangeErrorCode, detail: string) {
    super(code, `${MESSAGES[code]} (${detail})`, { detail });
  }
}
