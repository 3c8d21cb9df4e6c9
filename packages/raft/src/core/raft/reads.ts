import { NONE } from '../ids.ts';
import { Message } from '../message.ts';
import type { NodeId } from '../types.ts';
import { decodeRound } from './read-queue.ts';
import { broadcastHeartbeat } from './replication.ts';
import type { RaftState } from './state.ts';

/** Takes a request for a linearizable read (dissertation 6.4). */
export function requestReadAsLeader(r: RaftState, message: Message): void {
  if (r.deferredReads.length + r.readQueue.size >= r.options.maxPendingReads) {
    r.trace?.({ kind: 'readDropped', reason: 'tooMany', term: r.term });
    return;
  }
  if (!r.committedInTerm()) {
    // An earlier leader may have committed more than we know of; a single voter too, before a crash: the commit index
    // is written late.
    r.deferredReads.push(message);
    return;
  }
  confirmRead(r, message);
}

/** Answers at once by the lease or as the only voter, or begins a round of heartbeats. */
function confirmRead(r: RaftState, message: Message): void {
  const leased = r.options.readOnly === 'lease' && r.leadTransferee === NONE && r.modules.leaseValid?.() === true;
  // Removed from the membership, a leader is not that voter, and must ask it.
  const alone = r.tracker.isSingleton() && r.tracker.config.voters.has(r.id);
  if (leased || alone) {
    answerRead(r, message.from, r.log.committed, message.context);
    return;
  }
  r.readQueue.add(message.from, r.log.committed, message.context);
  broadcastHeartbeat(r);
}

/** The first entry of the term is committed: requests that waited for it go on. */
export function releaseDeferredReads(r: RaftState): void {
  if (r.deferredReads.length === 0 || !r.committedInTerm()) return;
  const deferred = r.deferredReads;
  r.deferredReads = [];
  for (const message of deferred) confirmRead(r, message);
}

/** A peer answered a round of heartbeats. */
export function acknowledgeRound(r: RaftState, from: NodeId, context: Uint8Array): void {
  const peer = r.tracker.get(from);
  const round = decodeRound(context);
  if (peer === undefined || round <= peer.readAck || round > r.readQueue.lastRound) return;
  peer.readAck = round;
  answerConfirmedReads(r);
}

/** Answers the reads whose round a quorum has confirmed; also after the quorum has become another. */
export function answerConfirmedReads(r: RaftState): void {
  if (r.readQueue.size === 0) return;
  const confirmed = r.tracker.config.voters.committedIndex(r.readAckOf);
  for (const read of r.readQueue.take(confirmed)) answerRead(r, read.from, read.index, read.context);
}

function answerRead(r: RaftState, from: NodeId, index: number, context: Uint8Array): void {
  if (from === NONE || from === r.id) {
    r.readStates.push({ index, context });
    return;
  }
  const answer = new Message('ReadIndexResp', r.id, from);
  answer.index = index;
  answer.context = context;
  r.send(answer);
}
