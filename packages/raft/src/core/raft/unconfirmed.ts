import { Message } from '../message.ts';
import type { EntryId } from '../log/raft-log.ts';
import type { SnapshotMeta } from '../types.ts';
import type { RaftState } from './state.ts';

/*
 * After a recovery by force everything up to the last entry of a server counts as committed, although no quorum ever said
 * so, and another server may have been recovered with other entries there. So a server acknowledges nothing as equal by
 * its index alone until a quorum has committed something beyond: what a leader holds at that index decides.
 */

/** `unknown`: the message does not reach the entry in question. */
type Verdict = 'matches' | 'contradicts' | 'unknown';

/** What a message of the leader says of the entries that count as committed by force. */
function judge({ index, term }: EntryId, message: Message): Verdict {
  if (message.index > index) return 'matches';
  if (message.index === index) return message.logTerm === term ? 'matches' : 'contradicts';
  if (message.logTerm > term) return 'contradicts';
  for (const entry of message.entries) {
    if (entry.index > index) break;
    // Terms ascend: behind an entry of a later term there can be none of ours.
    if (entry.term > term) return 'contradicts';
    if (entry.index === index) return entry.term === term ? 'matches' : 'contradicts';
  }
  return 'unknown';
}

/**
 * The part of an append behind the entries in question; `undefined` if it must not be taken. A contradiction is told to
 * whoever runs this core, once for each message, and not answered.
 */
export function takeUnconfirmed(r: RaftState, unconfirmed: EntryId, message: Message): Message | undefined {
  const verdict = judge(unconfirmed, message);
  // With nothing behind the entry in question nothing was acknowledged that could have been committed since.
  if (verdict === 'contradicts' || (verdict === 'unknown' && r.log.lastIndex() === unconfirmed.index)) {
    r.trace?.({ kind: 'recoveryContradicted', from: message.from, ...unconfirmed });
    return undefined;
  }
  if (verdict === 'unknown') {
    const answer = new Message('AppResp', r.id, message.from);
    answer.index = message.index;
    answer.reject = true;
    r.send(answer);
    return undefined;
  }
  if (message.index >= unconfirmed.index) return message;
  const rest = new Message('App', message.from, message.to, message.term);
  rest.index = unconfirmed.index;
  rest.logTerm = unconfirmed.term;
  rest.entries = message.entries.filter((entry) => entry.index > unconfirmed.index);
  rest.commit = message.commit;
  return rest;
}

/** Whether a snapshot may be looked at: false if it contradicts the entries in question, or does not reach them. */
export function takesSnapshot(r: RaftState, unconfirmed: EntryId, from: string, snapshot: SnapshotMeta): boolean {
  const { index, term } = unconfirmed;
  if (snapshot.index > index || (snapshot.index === index && snapshot.term === term)) return true;
  if (snapshot.index === index || snapshot.term > term || r.log.lastIndex() === index)
    r.trace?.({ kind: 'recoveryContradicted', from, ...unconfirmed });
  return false;
}

/** A quorum has committed up to `commit`: from the entries in question on, that settles them. */
export function confirm(r: RaftState, commit: number): void {
  if (r.unconfirmed === undefined || commit < r.unconfirmed.index) return;
  r.trace?.({ kind: 'recoveryConfirmed', ...r.unconfirmed });
  r.unconfirmed = undefined;
}

/** The log is now as in a snapshot of the leader, which may be as unconfirmed as our own entries were. */
export function inherit(r: RaftState, { index, term }: SnapshotMeta, unconfirmed: boolean): void {
  if (!unconfirmed) {
    confirm(r, index);
    return;
  }
  r.unconfirmed = { index, term };
  r.trace?.({ kind: 'recoveryInherited', index, term });
}
