import { NONE } from '../ids.ts';
import { COMPACTED } from '../log/log-view.ts';
import type { Entry } from '../types.ts';
import { fillWindow, sendAppend, sendEntries, sendSnapshot } from './replication.ts';
import type { RaftState, ReadRequest } from './state.ts';

/** Takes the answer to a read of old entries. Answers that came too late are dropped. */
export function takeEntriesRead(r: RaftState, id: number, result: readonly Entry[] | typeof COMPACTED): void {
  const request = r.pendingReads.get(id);
  r.pendingReads.delete(id);
  if (request === undefined) {
    r.trace?.({ kind: 'staleReadDropped', id });
    return;
  }
  if (request.peer === NONE) takeApplyRead(r, request, result);
  else takePeerRead(r, request, result);
}

/** The entries stay aside until the next `ready()`, which checks that they still continue what was applied. */
function takeApplyRead(r: RaftState, request: ReadRequest, result: readonly Entry[] | typeof COMPACTED): void {
  if (r.applyRead?.id !== request.id) return;
  r.applyRead = result === COMPACTED || result.length === 0 ? undefined : { id: request.id, entries: result };
}

function takePeerRead(r: RaftState, request: ReadRequest, result: readonly Entry[] | typeof COMPACTED): void {
  const peer = r.tracker.get(request.peer);
  if (peer === undefined || peer.pendingRead !== request.id) {
    r.trace?.({ kind: 'staleReadDropped', id: request.id });
    return;
  }
  peer.pendingRead = 0;
  if (r.role !== 'leader' || peer.isPaused()) return;
  if (peer.next !== request.lo) {
    // Acknowledgements came in meanwhile.
    sendAppend(r, peer);
    return;
  }
  if (result === COMPACTED) {
    sendSnapshot(r, peer);
    return;
  }
  const prevTerm = r.log.term(peer.next - 1);
  const last = result.at(-1);
  if (last === undefined || prevTerm === undefined) return;
  const fits = result[0]!.index === peer.next && r.log.matches(last.index, last.term);
  if (!fits || (peer.state === 'replicate' && peer.inflights.full)) {
    sendAppend(r, peer);
    return;
  }
  sendEntries(r, peer, prevTerm, result);
  fillWindow(r, peer);
}
