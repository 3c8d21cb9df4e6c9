import { NONE } from '../ids.ts';
import { Message } from '../message.ts';
import type { Progress } from '../tracker/progress.ts';
import type { NodeId } from '../types.ts';
import { autoLeave } from './applied.ts';
import { sendAppend } from './replication.ts';
import type { RaftState } from './state.ts';

/** Begins to hand leadership to a voter (dissertation 3.10). It must be done within one election timeout. */
export function transferTo(r: RaftState, peer: Progress): void {
  const to = peer.id;
  const { term } = r;
  if (peer.isLearner) {
    r.trace?.({ kind: 'transferIgnoredLearner', to });
    return;
  }
  if (r.leadTransferee !== NONE) {
    if (r.leadTransferee === to) {
      r.trace?.({ kind: 'transferIgnoredSame', to, term });
      return;
    }
    r.trace?.({ kind: 'transferAborted', to: r.leadTransferee, term });
    r.leadTransferee = NONE;
  }
  if (to === r.id) {
    r.trace?.({ kind: 'transferIgnoredSelf', to });
    autoLeave(r);
    return;
  }
  r.trace?.({ kind: 'transferStarted', to, term });
  r.electionElapsed = 0;
  r.leadTransferee = to;
  if (peer.match === r.log.lastIndex()) {
    sendTimeoutNow(r, to);
    r.trace?.({ kind: 'timeoutNowSent', to, immediately: true });
  } else {
    sendAppend(r, peer);
  }
}

/** Tells the target to campaign at once, if it has caught up. */
export function continueTransfer(r: RaftState, peer: Progress): void {
  if (peer.id !== r.leadTransferee || peer.match !== r.log.lastIndex()) return;
  r.trace?.({ kind: 'timeoutNowSent', to: peer.id, immediately: false });
  sendTimeoutNow(r, peer.id);
}

/** The voter, other than this server, that has most of the log; the first of several; `''` if there is none. */
export function mostCaughtUpVoter(r: RaftState): NodeId {
  let best: Progress | undefined;
  for (const peer of r.tracker.peers) {
    if (peer.id === r.id || !r.tracker.config.voters.incoming.has(peer.id)) continue;
    if (best === undefined || peer.match > best.match) best = peer;
  }
  return best?.id ?? NONE;
}

function sendTimeoutNow(r: RaftState, to: NodeId): void {
  r.send(new Message('TimeoutNow', r.id, to));
}
