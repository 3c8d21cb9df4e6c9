import { assert } from '@dkron/runtime';
import { NONE } from '../ids.ts';
import { EntryType, type NodeId } from '../types.ts';
import { appendEntries } from './appending.ts';
import type { RaftState } from './state.ts';

const NO_DATA = new Uint8Array(0);

export function becomeFollower(r: RaftState, term: number, lead: NodeId): void {
  r.reset(term);
  r.lead = lead;
  r.role = 'follower';
  r.trace?.({ kind: 'becameFollower', term: r.term });
}

export function becomeCandidate(r: RaftState): void {
  assert(r.role !== 'leader', 'a leader cannot become candidate');
  r.reset(r.term + 1);
  r.vote = r.id;
  r.role = 'candidate';
  r.trace?.({ kind: 'becameCandidate', term: r.term });
}

/** Term and vote stay as they are (dissertation 9.6). The leader is forgotten, or pre-votes could not be granted. */
export function becomePreCandidate(r: RaftState): void {
  assert(r.role !== 'leader', 'a leader cannot become pre-candidate');
  r.tracker.resetVotes();
  r.lead = NONE;
  r.role = 'preCandidate';
  r.trace?.({ kind: 'becamePreCandidate', term: r.term });
}

/** Appends an empty entry at once: only an entry of the own term can be committed by counting (raft 5.4.2). */
export function becomeLeader(r: RaftState): void {
  assert(r.role !== 'follower', 'a follower cannot become leader');
  r.reset(r.term);
  r.lead = r.id;
  r.role = 'leader';
  const self = r.tracker.get(r.id);
  assert(self !== undefined, 'a leader is member of its configuration');
  self.becomeReplicate();
  self.recentActive = true;
  // Whatever the log still holds may change the membership: no other change before it is applied.
  r.pendingConfIndex = r.log.lastIndex();
  const entry = { term: r.term, index: r.log.lastIndex() + 1, type: EntryType.normal, data: NO_DATA };
  assert(appendEntries(r, [entry]), 'the empty entry of a term is never refused');
  r.trace?.({ kind: 'becameLeader', term: r.term });
}
