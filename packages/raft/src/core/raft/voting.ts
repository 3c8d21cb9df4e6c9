import { assert } from '@dkron/runtime';
import { NONE } from '../ids.ts';
import { isTransferContext, Message } from '../message.ts';
import type { NodeId } from '../types.ts';
import type { RaftState } from './state.ts';

type Request = 'Vote' | 'PreVote';

/**
 * Whether a request for a vote is to be ignored because a leader was heard of within an election timeout: candidates
 * that lost touch must not depose it. Not if the leader itself asks, for a transfer or because it stepped down.
 */
export function ignoredInLease(r: RaftState, message: Message, request: Request): boolean {
  const inLease =
    r.options.checkQuorum && r.lead !== NONE && r.lead !== message.from && r.electionElapsed < r.options.electionTick;
  if (!inLease || isTransferContext(message.context)) return false;
  r.trace?.({
    kind: 'ignoredVoteInLease',
    ...describeRequest(r, message, request),
    remainingTicks: r.options.electionTick - r.electionElapsed,
  });
  return true;
}

/** Answers a request for a vote of this term, or for a pre-vote of a later one (raft 5.2, 5.4.1; dissertation 9.6). */
export function answerVote(r: RaftState, message: Message, request: Request): void {
  const free =
    r.vote === message.from || (r.vote === NONE && r.lead === NONE) || (request === 'PreVote' && message.term > r.term);
  const known = !r.options.rejectVotesFromStrangers || isKnown(r, message.from);
  const response = request === 'Vote' ? 'VoteResp' : 'PreVoteResp';
  if (free && known && r.log.isUpToDate(message.index, message.logTerm)) {
    r.trace?.({ kind: 'castVote', ...describeRequest(r, message, request) });
    // The term asked for: with ours, a pre-candidate of a later term would drop the grant.
    r.send(new Message(response, r.id, message.from, message.term));
    if (request === 'Vote') {
      assert(r.vote === NONE || r.vote === message.from, `second vote in term ${r.term}, after ${r.vote}`);
      r.electionElapsed = 0;
      r.vote = message.from;
    }
    return;
  }
  rejectVote(r, message, request);
}

/** Refuses a vote, with our own term. */
export function rejectVote(r: RaftState, message: Message, request: Request): void {
  r.trace?.({ kind: 'rejectedVote', ...describeRequest(r, message, request) });
  const answer = new Message(request === 'Vote' ? 'VoteResp' : 'PreVoteResp', r.id, message.from, r.term);
  answer.reject = true;
  r.send(answer);
}

function isKnown(r: RaftState, id: NodeId): boolean {
  return r.tracker.peers.length === 0 || r.tracker.get(id) !== undefined;
}

function describeRequest(
  r: RaftState,
  message: Message,
  request: Request,
): {
  request: Request;
  from: NodeId;
  vote: NodeId;
  candidateIndex: number;
  candidateTerm: number;
  term: number;
  lastIndex: number;
  lastTerm: number;
} {
  return {
    request,
    from: message.from,
    vote: r.vote,
    candidateIndex: message.index,
    candidateTerm: message.logTerm,
    term: r.term,
    lastIndex: r.log.lastIndex(),
    lastTerm: r.log.lastTerm(),
  };
}
