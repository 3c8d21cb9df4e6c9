import { confStatesEqual } from '../confchange/conf-state.ts';
import { NONE } from '../ids.ts';
import { Message } from '../message.ts';
import { confStateOf } from '../tracker/config.ts';
import type { SnapshotMeta } from '../types.ts';
import { computeRestored, installConfState } from './membership.ts';
import { becomeFollower } from './roles.ts';
import type { RaftState } from './state.ts';
import { confirm, inherit, takesSnapshot, takeUnconfirmed } from './unconfirmed.ts';

/** Takes an append of the leader (raft 5.3). */
export function handleAppend(r: RaftState, whole: Message): void {
  const message = r.unconfirmed === undefined ? whole : takeUnconfirmed(r, r.unconfirmed, whole);
  if (message === undefined) return;
  const { committed } = r.log;
  const answer = new Message('AppResp', r.id, message.from);
  if (message.index < committed) {
    // Late: everything up to the commit index matches anyway.
    answer.index = committed;
    r.send(answer);
    return;
  }
  const last = r.log.maybeAppend(message.index, message.logTerm, message.entries, message.commit);
  if (last !== undefined) {
    confirm(r, Math.min(message.commit, last));
    answer.index = last;
    r.send(answer);
    return;
  }
  r.trace?.({
    kind: 'rejectedAppend',
    from: message.from,
    prevIndex: message.index,
    prevTerm: message.logTerm,
    ownTerm: r.log.term(message.index) ?? 0,
  });
  // One probe a term: the leader need not try what cannot match.
  const hint = r.log.findConflictByTerm(Math.min(message.index, r.log.lastIndex()), message.logTerm);
  answer.index = message.index;
  answer.reject = true;
  answer.rejectHint = hint.index;
  answer.logTerm = hint.term;
  r.send(answer);
}

export function handleHeartbeat(r: RaftState, message: Message): void {
  const lastIndex = r.log.lastIndex();
  if (message.commit <= lastIndex) {
    r.log.commitTo(message.commit);
    confirm(r, message.commit);
  } else {
    // The leader knows more of our log than there is: it was lost. Whoever runs us must find out; we must not crash.
    r.trace?.({ kind: 'commitBeyondLog', from: message.from, commit: message.commit, lastIndex });
  }
  const answer = new Message('HeartbeatResp', r.id, message.from);
  answer.context = message.context;
  r.send(answer);
}

export function handleSnapshot(r: RaftState, message: Message, snapshot: SnapshotMeta): void {
  if (r.unconfirmed !== undefined && !takesSnapshot(r, r.unconfirmed, message.from, snapshot)) return;
  const restored = restoreSnapshot(r, snapshot);
  // A leader says so of a snapshot that no quorum has confirmed yet.
  if (r.log.committed === snapshot.index) inherit(r, snapshot, message.reject);
  r.trace?.({ kind: restored ? 'snapshotRestored' : 'snapshotIgnored', ...describe(r, snapshot) });
  const answer = new Message('AppResp', r.id, message.from);
  answer.index = restored ? r.log.lastIndex() : r.log.committed;
  r.send(answer);
}

/** Replaces the log by a snapshot, unless that brings nothing. Whether it did. */
export function restoreSnapshot(r: RaftState, snapshot: SnapshotMeta): boolean {
  if (snapshot.index <= r.log.committed) return false;
  if (r.role !== 'follower') {
    r.trace?.({ kind: 'restoreRefused', reason: 'notFollower' });
    becomeFollower(r, r.term + 1, NONE);
    return false;
  }
  const { confState } = snapshot;
  const member = [confState.voters, confState.learners, confState.votersOutgoing].some((ids) => ids.includes(r.id));
  if (!member) {
    r.trace?.({ kind: 'restoreOutsideConfig', confState });
    return false;
  }
  if (r.log.matches(snapshot.index, snapshot.term)) {
    r.trace?.({ kind: 'fastForwardedCommit', ...describe(r, snapshot), ...lastEntry(r) });
    r.log.commitTo(snapshot.index);
    return false;
  }
  if (!isValid(r, snapshot)) {
    r.trace?.({ kind: 'restoreRefused', reason: 'invalidConfState' });
    return false;
  }
  r.log.restore(snapshot);
  installConfState(r, confState, r.log.lastIndex());
  r.trace?.({ kind: 'restoredSnapshot', ...describe(r, snapshot), ...lastEntry(r) });
  return true;
}

/** Whether the membership is one that can be; found out before anything is changed. */
function isValid(r: RaftState, snapshot: SnapshotMeta): boolean {
  try {
    const { config } = computeRestored(r, snapshot.confState, snapshot.index);
    return confStatesEqual(confStateOf(config), snapshot.confState);
  } catch {
    return false;
  }
}

function describe(
  r: RaftState,
  snapshot: SnapshotMeta,
): { commit: number; snapshotIndex: number; snapshotTerm: number } {
  return { commit: r.log.committed, snapshotIndex: snapshot.index, snapshotTerm: snapshot.term };
}

function lastEntry(r: RaftState): { lastIndex: number; lastTerm: number } {
  return { lastIndex: r.log.lastIndex(), lastTerm: r.log.lastTerm() };
}
