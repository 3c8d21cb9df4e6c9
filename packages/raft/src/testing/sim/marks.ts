import type { TraceEvent } from '../../core/index.ts';

/** Names of what the core reports by itself: one for each kind of event, for some one for each reason. */
const CORE_MARKS = [
  'newRaft',
  'becameFollower',
  'becamePreCandidate',
  'becameCandidate',
  'becameLeader',
  'startingElection',
  'campaignIgnoredAsLeader',
  'unpromotable',
  'unappliedConfChange',
  'sentVoteRequest',
  'receivedVoteResp',
  'tally',
  'castVote',
  'rejectedVote',
  'ignoredVoteInLease',
  'higherTermReceived',
  'lowerTermIgnored',
  'appendRespOfLowerTermIgnored',
  'quorumInactive',
  'proposalDropped noLeader',
  'proposalDropped notForwarding',
  'proposalDropped transferring',
  'proposalDropped uncommittedSize',
  'proposalDropped removed',
  'readDropped noLeader',
  'readDropped tooMany',
  'transferDropped noLeader',
  'confChangeRefused pendingChange',
  'confChangeRefused mustLeaveJoint',
  'confChangeRefused notJoint',
  'confChangeRefused noCommitInTerm',
  'autoLeaving',
  'autoLeaveDropped',
  'switchedConfig',
  'noProgress',
  'rejectedAppend',
  'rejectionReceived',
  'progressDecreased',
  'pausedReplication',
  'recoveredFromSnapshot',
  'snapshotSucceeded',
  'snapshotFailed',
  'unreachable',
  'sentSnapshot',
  'snapshotNotSentToInactive',
  'snapshotUnavailable',
  'snapshotRestored',
  'snapshotIgnored',
  'restoredSnapshot',
  'fastForwardedCommit',
  'logRestore',
  'conflictFound',
  'unstableReplaced',
  'unstableTruncated',
  'unstableMissing',
  'unstableMatchedSnapshot',
  'unstableMismatch',
  'transferStarted',
  'transferIgnoredSame',
  'transferAborted',
  'transferIgnoredSelf',
  'transferIgnoredLearner',
  'timeoutNowSent',
  'timeoutNowReceived',
  'timeoutNowIgnored',
  'leaderForgotten',
  'readRequested',
  'staleReadDropped',
] as const;

/** Names of what the simulator does or sees. */
const SIM_MARKS = [
  'crash',
  'crash lost unsynced writes',
  'crash kept a part of unsynced writes',
  'crash lost the commit index',
  'restart from a snapshot',
  'restart with an empty log behind a snapshot',
  'stall',
  'timers before messages',
  'partition isolate',
  'partition split',
  'partition oneWay',
  'partition ring',
  'partition bridge',
  'partition leaderOutbound',
  'partition isolateLeader',
  'partition leaderMinority',
  'partition halves',
  'partition halvesWithoutLeader',
  'removed leader told its successor',
  'clog',
  'message lost',
  'message doubled',
  'message overtaken',
  'snapshot broken off',
  'snapshot installed',
  'entries superseded by a snapshot',
  'compaction',
  'joint membership',
  'learner promoted',
  'voter demoted',
  'leader removed',
  'server joined under a new id',
  'write outcome unknown',
  'read answered',
  'read forwarded',
  'commit before own disk',
  'commit-only append',
  'empty append through a full window',
  'leader elected by transfer',
  'leader elected by transfer during a lease',
  'minority failed before agreement',
  'core set without a minority',
] as const;

export type SimMark = (typeof SIM_MARKS)[number];

/** Every mark there is. */
export const ALL_MARKS: readonly string[] = [...CORE_MARKS, ...SIM_MARKS];

/** Name of the mark that an event of the core sets. */
export function markOf(event: TraceEvent): string {
  switch (event.kind) {
    case 'proposalDropped':
    case 'readDropped':
    case 'transferDropped':
    case 'confChangeRefused':
      return `${event.kind} ${event.reason}`;
    default:
      return event.kind;
  }
}
