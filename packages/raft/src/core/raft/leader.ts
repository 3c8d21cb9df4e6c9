import { NONE } from '../ids.ts';
import type { Message } from '../message.ts';
import type { Progress } from '../tracker/progress.ts';
import { viewProgress } from '../tracker/view.ts';
import { maybeCommit } from './appending.ts';
import { proposeAsLeader } from './proposals.ts';
import { acknowledgeRound, releaseDeferredReads, requestReadAsLeader } from './reads.ts';
import { broadcastAppend, broadcastHeartbeat, fillWindow, sendAppend } from './replication.ts';
import { becomeFollower } from './roles.ts';
import type { RaftState } from './state.ts';
import type { StepResult } from './step-result.ts';
import { continueTransfer, transferTo } from './transfer.ts';

/** Messages to a leader. */
export function stepLeader(r: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'Beat':
      broadcastHeartbeat(r);
      return 'ok';
    case 'CheckQuorum':
      checkQuorum(r);
      return 'ok';
    case 'Prop':
      return proposeAsLeader(r, message.entries);
    case 'ReadIndex':
      requestReadAsLeader(r, message);
      return 'ok';
    case 'AppResp':
    case 'HeartbeatResp':
    case 'SnapStatus':
    case 'Unreachable':
    case 'TransferLeader':
      break;
    default:
      return 'ok';
  }
  const peer = r.tracker.get(message.from);
  if (peer === undefined) r.trace?.({ kind: 'noProgress', peer: message.from });
  else stepForPeer(r, message, peer);
  return 'ok';
}

function stepForPeer(r: RaftState, message: Message, peer: Progress): void {
  switch (message.type) {
    case 'AppResp':
      peer.recentActive = true;
      if (message.reject) handleRejection(r, message, peer);
      else handleAck(r, message.index, peer);
      break;
    case 'HeartbeatResp':
      handleHeartbeatResp(r, message, peer);
      break;
    case 'SnapStatus':
      handleSnapStatus(r, message.reject, peer);
      break;
    case 'Unreachable':
      // What was sent ahead is probably lost.
      if (peer.state === 'replicate') peer.becomeProbe();
      r.trace?.({ kind: 'unreachable', peer: peer.id, progress: viewProgress(peer) });
      break;
    case 'TransferLeader':
      transferTo(r, peer);
      break;
    default:
  }
}

/** A leader that lost its quorum steps down, so that clients turn elsewhere (dissertation 6.2). */
function checkQuorum(r: RaftState): void {
  if (!r.tracker.quorumActive()) {
    r.trace?.({ kind: 'quorumInactive' });
    becomeFollower(r, r.term, NONE);
  }
  for (const peer of r.tracker.peers) if (peer.id !== r.id) peer.recentActive = false;
}

/** The peer lacks the entry before an append, or holds another there. */
function handleRejection(r: RaftState, message: Message, peer: Progress): void {
  const { index, rejectHint, logTerm } = message;
  r.trace?.({ kind: 'rejectionReceived', from: peer.id, index, hintIndex: rejectHint, hintTerm: logTerm });
  // Skip the part of our log that cannot match either: one probe a term, whichever log has more terms.
  const hint = logTerm > 0 ? r.log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
  if (!peer.maybeDecrTo(index, hint)) return;
  r.trace?.({ kind: 'progressDecreased', peer: peer.id, progress: viewProgress(peer) });
  if (peer.state === 'replicate') peer.becomeProbe();
  sendAppend(r, peer);
}

/** A peer, perhaps this server itself, has the log up to `index` on its disk. */
function handleAck(r: RaftState, index: number, peer: Progress): void {
  const news = peer.maybeUpdate(index);
  if (!news && !(peer.match === index && peer.state === 'probe')) return;
  if (peer.state === 'probe') {
    peer.becomeReplicate();
  } else if (peer.state === 'replicate') {
    peer.inflights.freeLE(index);
  } else if (peer.match + 1 >= r.log.firstIndex()) {
    // Whatever became of the snapshot: from here the log suffices.
    r.trace?.({ kind: 'recoveredFromSnapshot', peer: peer.id, progress: viewProgress(peer) });
    peer.becomeProbe();
    peer.becomeReplicate();
  }
  if (maybeCommit(r)) {
    releaseDeferredReads(r);
    broadcastAppend(r);
  } else if (peer.id !== r.id && peer.canBumpCommit(r.log.committed)) {
    sendAppend(r, peer);
  }
  if (peer.id === r.id) return;
  fillWindow(r, peer);
  continueTransfer(r, peer);
}

function handleHeartbeatResp(r: RaftState, message: Message, peer: Progress): void {
  peer.recentActive = true;
  peer.msgAppFlowPaused = false;
  // Also to a peer that has everything but is probed: its answer lets it replicate again.
  if (peer.match < r.log.lastIndex() || peer.state === 'probe') sendAppend(r, peer);
  if (message.context.length > 0) acknowledgeRound(r, peer.id, message.context);
}

function handleSnapStatus(r: RaftState, failed: boolean, peer: Progress): void {
  if (peer.state !== 'snapshot') return;
  // Without a pending snapshot, probing begins behind what is known to match.
  if (failed) peer.pendingSnapshot = 0;
  peer.becomeProbe();
  r.trace?.({ kind: failed ? 'snapshotFailed' : 'snapshotSucceeded', peer: peer.id, progress: viewProgress(peer) });
  // After success the peer's acknowledgement comes first, after failure a heartbeat.
  peer.msgAppFlowPaused = true;
}
