import { NONE } from '../ids.ts';
import type { Message } from '../message.ts';
import { campaign, poll } from './election.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower-log.ts';
import { dropProposal } from './proposals.ts';
import { broadcastAppend } from './replication.ts';
import { becomeFollower, becomeLeader } from './roles.ts';
import type { RaftState } from './state.ts';
import type { StepResult } from './step-result.ts';

/** Messages to a candidate or a pre-candidate. */
export function stepCandidate(r: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'Prop':
      return dropProposal(r, 'noLeader');
    // Somebody leads this term: concede (raft 5.2).
    case 'App':
      becomeFollower(r, message.term, message.from);
      handleAppend(r, message);
      break;
    case 'Heartbeat':
      becomeFollower(r, message.term, message.from);
      handleHeartbeat(r, message);
      break;
    case 'Snap':
      becomeFollower(r, message.term, message.from);
      if (message.snapshot !== undefined) handleSnapshot(r, message, message.snapshot);
      break;
    case 'VoteResp':
      if (r.role === 'candidate') countVote(r, message, 'VoteResp');
      break;
    case 'PreVoteResp':
      if (r.role === 'preCandidate') countVote(r, message, 'PreVoteResp');
      break;
    case 'TimeoutNow':
      r.trace?.({ kind: 'timeoutNowIgnored', from: message.from, term: r.term });
      break;
    default:
  }
  return 'ok';
}

function countVote(r: RaftState, message: Message, response: 'VoteResp' | 'PreVoteResp'): void {
  const result = poll(r, message.from, response, !message.reject);
  if (result === 'VoteWon') {
    if (r.role === 'preCandidate') {
      campaign(r, 'election');
    } else {
      becomeLeader(r);
      broadcastAppend(r);
    }
  } else if (result === 'VoteLost') {
    // Our own term: a grant of a pre-vote carries a later one.
    becomeFollower(r, r.term, NONE);
  }
}
