import { assert } from '@dkron/runtime';
import { payloadsSize } from '../log/entries.ts';
import { COMPACTED, PENDING } from '../log/log-view.ts';
import { Message } from '../message.ts';
import type { Progress } from '../tracker/progress.ts';
import { viewProgress } from '../tracker/view.ts';
import type { Entry, SnapshotMeta } from '../types.ts';
import type { RaftState } from './state.ts';

const NO_ENTRIES: readonly Entry[] = [];

/** Sends what comes next to a peer, if it may be sent anything: also an empty append, to bring the commit index. */
export function sendAppend(r: RaftState, peer: Progress): void {
  maybeSendAppend(r, peer, true);
}

/** As {@link sendAppend}; an empty append only if `sendIfEmpty`. Whether anything was sent. */
export function maybeSendAppend(r: RaftState, peer: Progress, sendIfEmpty: boolean): boolean {
  if (peer.isPaused()) return false;
  const prevTerm = r.log.term(peer.next - 1);
  if (prevTerm === undefined) return sendSnapshot(r, peer);
  let entries = NO_ENTRIES;
  // Through a full window passes an empty append only, which finds out whether everything in it was lost.
  if (peer.state !== 'replicate' || !peer.inflights.full) {
    const { maxSizePerMsg } = r.options;
    const found = r.log.entries(peer.next, maxSizePerMsg);
    if (found === PENDING) {
      peer.pendingRead = r.requestRead(peer.id, peer.next, r.log.unstable.offset, maxSizePerMsg);
      return false;
    }
    if (found === COMPACTED) return sendSnapshot(r, peer);
    entries = found;
  }
  if (entries.length === 0 && !sendIfEmpty) return false;
  sendEntries(r, peer, prevTerm, entries);
  return true;
}

/** Sends entries until there are none left or the window is full. */
export function fillWindow(r: RaftState, peer: Progress): void {
  while (maybeSendAppend(r, peer, false)) continue;
}

/** Sends entries that begin at the peer's `next`. */
export function sendEntries(r: RaftState, peer: Progress, prevTerm: number, entries: readonly Entry[]): void {
  const { committed } = r.log;
  const message = new Message('App', r.id, peer.id);
  message.index = peer.next - 1;
  message.logTerm = prevTerm;
  message.entries = entries;
  // What counts as committed by force alone is not told: followers take it for the word of a quorum.
  message.commit = r.unconfirmed === undefined ? committed : 0;
  r.send(message);
  peer.sentEntries(entries.length, payloadsSize(entries));
  peer.sentCommit = committed;
}

/** Falls back to a snapshot, because entries the peer needs are compacted. Only for peers that are there to take it. */
export function sendSnapshot(r: RaftState, peer: Progress): boolean {
  if (!peer.recentActive) {
    r.trace?.({ kind: 'snapshotNotSentToInactive', peer: peer.id });
    return false;
  }
  const snapshot = r.log.snapshot();
  if (snapshot === undefined || !covers(snapshot, peer)) {
    // A member that joined after the newest snapshot would refuse it: it takes itself for a stranger.
    r.snapshotWanted = true;
    r.trace?.({ kind: 'snapshotUnavailable', peer: peer.id });
    return false;
  }
  assert(snapshot.index > 0, 'a snapshot covers one entry at least');
  r.trace?.({
    kind: 'sentSnapshot',
    firstIndex: r.log.firstIndex(),
    commit: r.log.committed,
    snapshotIndex: snapshot.index,
    snapshotTerm: snapshot.term,
    peer: peer.id,
    progress: viewProgress(peer),
  });
  peer.becomeSnapshot(snapshot.index);
  r.trace?.({ kind: 'pausedReplication', peer: peer.id, progress: viewProgress(peer) });
  const message = new Message('Snap', r.id, peer.id);
  message.snapshot = snapshot;
  message.reject = r.unconfirmed !== undefined;
  r.send(message);
  return true;
}

/** Whether a snapshot brings the peer anything, and knows it. */
function covers({ index, confState }: SnapshotMeta, { id, match }: Progress): boolean {
  const { voters, learners, votersOutgoing } = confState;
  return index > match && (voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id));
}

/** Sends to every peer what comes next. */
export function broadcastAppend(r: RaftState): void {
  for (const peer of r.tracker.peers) if (peer.id !== r.id) sendAppend(r, peer);
}

/** Heartbeats to every peer; they ask to confirm the reads that wait. */
export function broadcastHeartbeat(r: RaftState): void {
  const context = r.readQueue.heartbeatContext();
  for (const peer of r.tracker.peers) if (peer.id !== r.id) sendHeartbeat(r, peer, context);
}

/** Never carries more than is known to match: behind it the peer's log may differ. */
function sendHeartbeat(r: RaftState, peer: Progress, context: Uint8Array): void {
  const message = new Message('Heartbeat', r.id, peer.id);
  const commit = Math.min(peer.match, r.log.committed);
  message.commit = r.unconfirmed === undefined ? commit : 0;
  message.context = context;
  r.send(message);
  peer.sentCommit = commit;
}
