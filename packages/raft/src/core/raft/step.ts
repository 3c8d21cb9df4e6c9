import { assert, assertNever } from '@dkron/runtime';
import { NONE } from '../ids.ts';
import { entriesSize, payloadsSize } from '../log/entries.ts';
import { Message } from '../message.ts';
import { appliedSnapshot, appliedTo } from './applied.ts';
import { shrinkUncommitted } from './appending.ts';
import { stepCandidate } from './candidate.ts';
import { hup } from './election.ts';
import { stepFollower } from './follower.ts';
import { stepLeader } from './leader.ts';
import { becomeFollower } from './roles.ts';
import type { RaftState } from './state.ts';
import type { StepResult } from './step-result.ts';
import { answerVote, ignoredInLease, rejectVote } from './voting.ts';

/** The one entrance of messages: first the term, then what every role does alike, then the role. */
export function step(r: RaftState, message: Message): StepResult {
  if (message.term > r.term) {
    if (!acceptHigherTerm(r, message)) return 'ok';
  } else if (message.term > 0 && message.term < r.term) {
    answerLowerTerm(r, message);
    return 'ok';
  }
  switch (message.type) {
    case 'Hup':
      hup(r, r.options.preVote ? 'preElection' : 'election');
      return 'ok';
    case 'StorageAppendResp':
      if (message.index > 0) r.log.unstable.stableTo(message.index, message.logTerm);
      if (message.snapshot !== undefined) appliedSnapshot(r, message.snapshot);
      return 'ok';
    case 'StorageApplyResp':
      handleApplied(r, message);
      return 'ok';
    case 'Vote':
    case 'PreVote':
      answerVote(r, message, message.type);
      return 'ok';
    default:
      return stepRole(r, message);
  }
}

function stepRole(r: RaftState, message: Message): StepResult {
  switch (r.role) {
    case 'leader':
      return stepLeader(r, message);
    case 'follower':
      return stepFollower(r, message);
    case 'candidate':
    case 'preCandidate':
      return stepCandidate(r, message);
    default:
      return assertNever(r.role, 'role');
  }
}

/** Moves to the later term where the rules say so. False if the message is to be ignored. */
function acceptHigherTerm(r: RaftState, message: Message): boolean {
  const { type } = message;
  if ((type === 'Vote' || type === 'PreVote') && ignoredInLease(r, message, type)) return false;
  // A pre-vote is about a term that nobody is in yet. Its rejection, however, tells of a term that exists.
  if (type === 'PreVote' || (type === 'PreVoteResp' && !message.reject)) return true;
  r.trace?.({ kind: 'higherTermReceived', type, from: message.from, messageTerm: message.term, term: r.term });
  const fromLeader = type === 'App' || type === 'Heartbeat' || type === 'Snap';
  becomeFollower(r, message.term, fromLeader ? message.from : NONE);
  return true;
}

function answerLowerTerm(r: RaftState, message: Message): void {
  const { type } = message;
  if ((r.options.checkQuorum || r.options.preVote) && (type === 'Heartbeat' || type === 'App')) {
    // A leader of an earlier term cannot hear our votes: the answer shows it the term, and it steps down.
    r.send(new Message('AppResp', r.id, message.from));
  } else if (type === 'PreVote') {
    // Without an answer, a pre-candidate of an earlier term would try for ever.
    rejectVote(r, message, 'PreVote');
  } else if (type === 'StorageAppendResp') {
    // Entries may have been replaced since; a snapshot is committed and stays.
    if (message.index > 0) traceIgnored(r, message, 'appendRespOfLowerTermIgnored');
    if (message.snapshot !== undefined) appliedSnapshot(r, message.snapshot);
  } else {
    traceIgnored(r, message, 'lowerTermIgnored');
  }
}

function traceIgnored(r: RaftState, message: Message, kind: 'lowerTermIgnored' | 'appendRespOfLowerTermIgnored'): void {
  const { type, from, term: messageTerm } = message;
  r.trace?.({ kind, type, from, messageTerm, term: r.term });
}

function handleApplied(r: RaftState, message: Message): void {
  const { entries } = message;
  const last = entries.at(-1);
  if (last === undefined) return;
  appliedTo(r, last.index, entriesSize(entries));
  shrinkUncommitted(r, payloadsSize(entries));
  const { applied } = r.log;
  assert(applied < r.log.lastIndex() || r.uncommittedSize === 0, `${r.uncommittedSize} bytes uncommitted in no entry`);
}
