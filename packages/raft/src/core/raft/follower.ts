import { NONE } from '../ids.ts';
import { createMessage, type Message } from '../message.ts';
import { hup } from './election.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower-log.ts';
import { dropProposal } from './proposals.ts';
import type { RaftState } from './state.ts';
import type { StepResult } from './step-result.ts';

/** Messages to a follower. */
export function stepFollower(r: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'Prop':
      return forwardProposal(r, message);
    case 'App':
      heardLeader(r, message);
      handleAppend(r, message);
      break;
    case 'Heartbeat':
      heardLeader(r, message);
      handleHeartbeat(r, message);
      break;
    case 'Snap':
      heardLeader(r, message);
      if (message.snapshot !== undefined) handleSnapshot(r, message, message.snapshot);
      break;
    case 'TransferLeader':
      if (r.lead === NONE) r.trace?.({ kind: 'transferDropped', reason: 'noLeader', term: r.term });
      else forward(r, message);
      break;
    case 'ForgetLeader':
      forgetLeader(r);
      break;
    case 'TimeoutNow':
      r.trace?.({ kind: 'timeoutNowReceived', from: message.from, term: r.term });
      // Straight to the election: the pre-vote would fail, because the leader is alive.
      hup(r, 'transfer');
      break;
    case 'ReadIndex':
      if (r.lead === NONE) r.trace?.({ kind: 'readDropped', reason: 'noLeader', term: r.term });
      else forward(r, message);
      break;
    case 'ReadIndexResp':
      r.readStates.push({ index: message.index, context: message.context });
      break;
    default:
  }
  return 'ok';
}

function heardLeader(r: RaftState, message: Message): void {
  r.electionElapsed = 0;
  r.lead = message.from;
}

function forwardProposal(r: RaftState, message: Message): StepResult {
  if (r.lead === NONE) return dropProposal(r, 'noLeader');
  if (r.options.disableProposalForwarding) return dropProposal(r, 'notForwarding');
  forward(r, message);
  return 'ok';
}

/** Passes a request on. The sender stays the one who asked, who is to get the answer. */
function forward(r: RaftState, message: Message): void {
  const copy = createMessage(message);
  copy.to = r.lead;
  r.send(copy);
}

/** Lets this follower grant pre-votes before its election timeout. Leases forbid it: they rely on the timeout. */
function forgetLeader(r: RaftState): void {
  if (r.options.readOnly === 'lease') {
    r.trace?.({ kind: 'forgetLeaderRefused' });
    return;
  }
  if (r.lead === NONE) return;
  r.trace?.({ kind: 'leaderForgotten', lead: r.lead, term: r.term });
  r.lead = NONE;
}
