import { assert } from '@dkron/runtime';
import { Message, TRANSFER_CONTEXT } from '../message.ts';
import type { VoteResult } from '../quorum/vote-result.ts';
import type { NodeId } from '../types.ts';
import { becomeCandidate, becomePreCandidate } from './roles.ts';
import type { RaftState } from './state.ts';

/** Why there is an election: to see whether one could be won, to win one, or because the leader asked for it. */
export type CampaignKind = 'preElection' | 'election' | 'transfer';

/** Starts an election if this server may lead. */
export function hup(r: RaftState, kind: CampaignKind): void {
  if (r.role === 'leader') {
    r.trace?.({ kind: 'campaignIgnoredAsLeader' });
    return;
  }
  if (!r.promotable()) {
    r.trace?.({ kind: 'unpromotable' });
    return;
  }
  // A committed change of the membership must count in the election.
  if (r.log.hasConfChange(r.log.applied + 1, r.log.committed + 1)) {
    r.trace?.({ kind: 'unappliedConfChange', term: r.term });
    return;
  }
  r.trace?.({ kind: 'startingElection', term: r.term });
  campaign(r, kind);
}

/** Asks every voter, in id order. The own vote counts once it is durable, like any other. */
export function campaign(r: RaftState, kind: CampaignKind): void {
  assert(r.promotable(), 'only a voter campaigns');
  if (kind === 'preElection') becomePreCandidate(r);
  else becomeCandidate(r);
  const request = kind === 'preElection' ? 'PreVote' : 'Vote';
  const term = kind === 'preElection' ? r.term + 1 : r.term;
  const lastIndex = r.log.lastIndex();
  const lastTerm = r.log.lastTerm();
  for (const id of r.tracker.config.voters.ids()) {
    if (id === r.id) {
      r.send(new Message(request === 'PreVote' ? 'PreVoteResp' : 'VoteResp', r.id, id, term));
      continue;
    }
    r.trace?.({ kind: 'sentVoteRequest', request, to: id, term: r.term, lastIndex, lastTerm });
    const message = new Message(request, r.id, id, term);
    message.index = lastIndex;
    message.logTerm = lastTerm;
    if (kind === 'transfer') message.context = TRANSFER_CONTEXT;
    r.send(message);
  }
}

/** Counts a vote. */
export function poll(r: RaftState, from: NodeId, response: 'VoteResp' | 'PreVoteResp', granted: boolean): VoteResult {
  r.trace?.({ kind: 'receivedVoteResp', response, from, granted, term: r.term });
  r.tracker.recordVote(from, granted);
  const tally = r.tracker.tallyVotes();
  r.trace?.({ kind: 'tally', response, ...tally });
  return tally.result;
}
