import { assert } from '@dkron/runtime';
import { Message } from '../message.ts';
import { payloadsSize } from '../log/entries.ts';
import type { Entry } from '../types.ts';
import type { RaftState } from './state.ts';
import { confirm } from './unconfirmed.ts';

/**
 * Appends entries of this leader, whose terms and indexes continue the log. False, and nothing happens, if that would
 * exceed the bound on uncommitted payload. Entries without payload always pass: a new leader's first, a leave of a joint
 * configuration.
 */
export function appendEntries(r: RaftState, entries: readonly Entry[]): boolean {
  if (!growUncommitted(r, payloadsSize(entries))) {
    r.trace?.({ kind: 'proposalDropped', reason: 'uncommittedSize', term: r.term, lead: r.lead });
    return false;
  }
  // A leader never overwrites or cuts its own log (raft 5.3).
  assert(entries[0]?.index === r.log.lastIndex() + 1, `a leader appends behind ${r.log.lastIndex()} only`);
  const last = r.log.append(entries);
  // The leader counts itself when its own disk has the entries, like any other voter (dissertation 10.2.1).
  const ack = new Message('AppResp', r.id, r.id);
  ack.index = last;
  r.send(ack);
  return true;
}

function growUncommitted(r: RaftState, size: number): boolean {
  if (r.uncommittedSize > 0 && size > 0 && r.uncommittedSize + size > r.options.maxUncommittedSize) return false;
  r.uncommittedSize += size;
  return true;
}

/** Entries with `size` bytes of payload were applied. Entries of earlier terms were never counted, hence the clamp. */
export function shrinkUncommitted(r: RaftState, size: number): void {
  r.uncommittedSize = Math.max(0, r.uncommittedSize - size);
}

/** Commits what a quorum holds, if it is of this term (raft 5.4.2). */
export function maybeCommit(r: RaftState): boolean {
  const moved = r.log.maybeCommit(r.tracker.committed(), r.term);
  if (moved) confirm(r, r.log.committed);
  return moved;
}
