import type { ConfChangeStep } from './confchange/conf-change.ts';
import type { MessageType } from './message.ts';
import type { VoteResult } from './quorum/vote-result.ts';
import type { TrackerConfig } from './tracker/config.ts';
import type { ProgressView } from './tracker/view.ts';
import type { ConfState, NodeId } from './types.ts';
import type { LogState } from './log/raft-log.ts';

type Vote = 'Vote' | 'PreVote';
/** Position of a last entry. */
interface LastEntry {
  readonly lastIndex: number;
  readonly lastTerm: number;
}
/** Our side and the candidate's of a request for a vote. `term` is ours. */
interface VoteRequest extends LastEntry {
  readonly request: Vote;
  readonly from: NodeId;
  readonly vote: NodeId;
  readonly candidateIndex: number;
  readonly candidateTerm: number;
  readonly term: number;
}
interface OfPeer {
  readonly peer: NodeId;
  readonly progress: ProgressView;
}
interface OfSnapshot {
  readonly commit: number;
  readonly snapshotIndex: number;
  readonly snapshotTerm: number;
}

/** Why a membership change was replaced by an empty entry. */
export type ConfChangeRefusal = 'pendingChange' | 'mustLeaveJoint' | 'notJoint' | 'noCommitInTerm' | 'malformed';

/** Why a proposal, a read or a transfer was dropped. */
export type DropReason = 'noLeader' | 'notForwarding' | 'transferring' | 'uncommittedSize' | 'removed' | 'tooMany';

/** What happened inside the core, in order, as plain data. Texts are the caller's. */
export type TraceEvent =
  | ({
      readonly kind: 'newRaft';
      readonly peers: readonly NodeId[];
      readonly term: number;
      readonly commit: number;
      readonly applied: number;
    } & LastEntry)
  | {
      readonly kind: 'becameFollower' | 'becamePreCandidate' | 'becameCandidate' | 'becameLeader';
      readonly term: number;
    }
  | { readonly kind: 'startingElection'; readonly term: number }
  | { readonly kind: 'campaignIgnoredAsLeader' }
  | { readonly kind: 'unpromotable' }
  | { readonly kind: 'unappliedConfChange'; readonly term: number }
  | ({
      readonly kind: 'sentVoteRequest';
      readonly request: Vote;
      readonly to: NodeId;
      readonly term: number;
    } & LastEntry)
  | {
      readonly kind: 'receivedVoteResp';
      readonly response: 'VoteResp' | 'PreVoteResp';
      readonly from: NodeId;
      readonly granted: boolean;
      readonly term: number;
    }
  | {
      readonly kind: 'tally';
      readonly response: 'VoteResp' | 'PreVoteResp';
      readonly granted: number;
      readonly rejected: number;
      readonly result: VoteResult;
    }
  | ({ readonly kind: 'castVote' | 'rejectedVote' } & VoteRequest)
  | ({ readonly kind: 'ignoredVoteInLease'; readonly remainingTicks: number } & VoteRequest)
  | {
      readonly kind: 'higherTermReceived' | 'lowerTermIgnored' | 'appendRespOfLowerTermIgnored';
      readonly type: MessageType;
      readonly from: NodeId;
      readonly messageTerm: number;
      readonly term: number;
    }
  | { readonly kind: 'malformedMessage'; readonly type: MessageType; readonly from: NodeId; readonly detail: string }
  | { readonly kind: 'commitBeyondLog'; readonly from: NodeId; readonly commit: number; readonly lastIndex: number }
  | {
      readonly kind: 'recoveryContradicted';
      readonly from: NodeId;
      readonly index: number;
      readonly term: number;
    }
  | { readonly kind: 'recoveryConfirmed' | 'recoveryInherited'; readonly index: number; readonly term: number }
  | { readonly kind: 'quorumInactive' }
  | { readonly kind: 'proposalDropped'; readonly reason: DropReason; readonly term: number; readonly lead: NodeId }
  | { readonly kind: 'readDropped' | 'transferDropped'; readonly reason: DropReason; readonly term: number }
  | {
      readonly kind: 'confChangeRefused';
      readonly reason: ConfChangeRefusal;
      readonly steps: readonly ConfChangeStep[];
      readonly config: TrackerConfig;
      readonly pendingConfIndex: number;
      readonly applied: number;
    }
  | { readonly kind: 'autoLeaving' | 'autoLeaveDropped'; readonly config: TrackerConfig }
  | { readonly kind: 'switchedConfig'; readonly config: TrackerConfig }
  | { readonly kind: 'noProgress'; readonly peer: NodeId }
  | {
      readonly kind: 'rejectedAppend';
      readonly from: NodeId;
      readonly prevIndex: number;
      readonly prevTerm: number;
      readonly ownTerm: number;
    }
  | {
      readonly kind: 'rejectionReceived';
      readonly from: NodeId;
      readonly index: number;
      readonly hintIndex: number;
      readonly hintTerm: number;
    }
  | ({
      readonly kind:
        | 'progressDecreased'
        | 'pausedReplication'
        | 'recoveredFromSnapshot'
        | 'snapshotSucceeded'
        | 'snapshotFailed'
        | 'unreachable';
    } & OfPeer)
  | ({ readonly kind: 'sentSnapshot'; readonly firstIndex: number } & OfPeer & OfSnapshot)
  | { readonly kind: 'snapshotNotSentToInactive' | 'snapshotUnavailable'; readonly peer: NodeId }
  | ({ readonly kind: 'snapshotRestored' | 'snapshotIgnored' } & OfSnapshot)
  | ({ readonly kind: 'restoredSnapshot' | 'fastForwardedCommit' } & OfSnapshot & LastEntry)
  | { readonly kind: 'restoreRefused'; readonly reason: 'notFollower' | 'invalidConfState' }
  | { readonly kind: 'restoreOutsideConfig'; readonly confState: ConfState }
  | { readonly kind: 'logRestore'; readonly log: LogState; readonly index: number; readonly term: number }
  | { readonly kind: 'conflictFound'; readonly index: number; readonly ownTerm: number; readonly term: number }
  | { readonly kind: 'unstableReplaced' | 'unstableTruncated' | 'unstableMissing'; readonly index: number }
  | { readonly kind: 'unstableMatchedSnapshot'; readonly index: number }
  | {
      readonly kind: 'unstableMismatch';
      readonly index: number;
      readonly term: number;
      readonly ownTerm: number;
    }
  | {
      readonly kind: 'transferStarted' | 'transferIgnoredSame' | 'transferAborted';
      readonly to: NodeId;
      readonly term: number;
    }
  | { readonly kind: 'transferIgnoredSelf' | 'transferIgnoredLearner'; readonly to: NodeId }
  | { readonly kind: 'timeoutNowSent'; readonly to: NodeId; readonly immediately: boolean }
  | { readonly kind: 'timeoutNowReceived'; readonly from: NodeId; readonly term: number }
  | { readonly kind: 'timeoutNowIgnored'; readonly from: NodeId; readonly term: number }
  | { readonly kind: 'leaderForgotten'; readonly lead: NodeId; readonly term: number }
  | { readonly kind: 'forgetLeaderRefused' }
  | { readonly kind: 'readRequested'; readonly peer: NodeId; readonly lo: number; readonly hi: number }
  | { readonly kind: 'staleReadDropped'; readonly id: number };

/** Name of a {@link TraceEvent}. */
export type TraceKind = TraceEvent['kind'];

/** Receives events while the core works. Must not call back into the core. */
export type TraceSink = (event: TraceEvent) => void;

/** How much attention an event deserves. */
export type TraceLevel = 'debug' | 'info' | 'warn' | 'error';

const WARN: ReadonlySet<TraceKind> = new Set<TraceKind>([
  'unpromotable',
  'unappliedConfChange',
  'quorumInactive',
  'restoreRefused',
  'restoreOutsideConfig',
  'malformedMessage',
  'commitBeyondLog',
  'recoveryContradicted',
]);

const DEBUG: ReadonlySet<TraceKind> = new Set<TraceKind>([
  'campaignIgnoredAsLeader',
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
  'autoLeaveDropped',
  'transferIgnoredSelf',
  'transferIgnoredLearner',
  'timeoutNowIgnored',
  'readRequested',
  'staleReadDropped',
]);

/** Level of an event. A proposal dropped on a leader for a transfer is `debug`, for its size `warn`, else `info`. */
export function traceLevel(event: TraceEvent): TraceLevel {
  if (event.kind === 'proposalDropped') {
    if (event.reason === 'uncommittedSize') return 'warn';
    return event.reason === 'transferring' || event.reason === 'removed' ? 'debug' : 'info';
  }
  if (event.kind === 'forgetLeaderRefused') return 'error';
  if (WARN.has(event.kind)) return 'warn';
  return DEBUG.has(event.kind) ? 'debug' : 'info';
}
