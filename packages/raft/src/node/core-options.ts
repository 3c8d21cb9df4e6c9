import type { CoreOptions } from '../core/raft/options.ts';
import type { ResolvedNodeOptions } from './options.ts';

/** Options of the core of a node that has applied the log up to `applied`. */
export function coreOptions(
  options: ResolvedNodeOptions,
  applied: number,
  unconfirmed: CoreOptions['unconfirmed'],
): CoreOptions {
  return {
    id: options.id,
    electionTick: options.electionTick,
    applied,
    unconfirmed,
    maxSizePerMsg: options.maxAppendBytes,
    maxUncommittedSize: options.maxUncommittedBytes,
    maxInflightMsgs: options.maxInflightAppends,
    maxInflightBytes: Math.max(options.maxInflightBytes, options.maxAppendBytes),
    disableProposalForwarding: true,
    confChangeNeedsCurrentTermCommit: true,
    rejectVotesFromStrangers: true,
    // See Resignation.
    stepDownOnRemoval: false,
  };
}
