import { assert } from '@dkron/runtime';
import { Changer, type ChangeResult, type ChangerOptions } from '../confchange/changer.ts';
import { type ConfChange, entersJoint, leavesJoint } from '../confchange/conf-change.ts';
import { confStatesEqual } from '../confchange/conf-state.ts';
import { restore } from '../confchange/restore.ts';
import { NONE } from '../ids.ts';
import { emptyConfig } from '../tracker/config.ts';
import type { ConfState } from '../types.ts';
import { maybeCommit } from './appending.ts';
import { answerConfirmedReads, releaseDeferredReads } from './reads.ts';
import { broadcastAppend, maybeSendAppend } from './replication.ts';
import { becomeFollower } from './roles.ts';
import type { RaftState } from './state.ts';

/** Membership after a change is applied. Throws `ConfChangeError`, and changes nothing, if it cannot be made. */
export function applyConfChange(r: RaftState, change: ConfChange): ConfState {
  return switchToConfig(r, computeChange(r, change));
}

function computeChange(r: RaftState, change: ConfChange): ChangeResult {
  const { config, progress } = r.tracker;
  const changer = new Changer({ ...changerOptions(r), config, progress });
  if (leavesJoint(change)) return changer.leaveJoint();
  const joint = entersJoint(change);
  return joint === undefined ? changer.simple(change.steps) : changer.enterJoint(joint.autoLeave, change.steps);
}

/** Membership of a snapshot, with fresh progress. Throws `ConfChangeError` if it is not valid. */
export function computeRestored(r: RaftState, state: ConfState, lastIndex: number): ChangeResult {
  const result = restore({ ...changerOptions(r), lastIndex }, state);
  return result;
}

function changerOptions(r: RaftState): ChangerOptions {
  return {
    config: emptyConfig(r.tracker.compareIds),
    progress: new Map(),
    lastIndex: r.log.lastIndex(),
    maxInflight: r.options.maxInflightMsgs,
    maxInflightBytes: r.options.maxInflightBytes,
    compareIds: r.tracker.compareIds,
  };
}

/** Puts the membership of a snapshot or of the start in force. */
export function installConfState(r: RaftState, state: ConfState, lastIndex: number): void {
  const installed = switchToConfig(r, computeRestored(r, state, lastIndex));
  assert(confStatesEqual(installed, state), 'a restored membership equals the one stored');
}

/** Puts a membership in force; a leader acts on it at once. */
export function switchToConfig(r: RaftState, { config, progress }: ChangeResult): ConfState {
  r.tracker.install(config, progress);
  r.trace?.({ kind: 'switchedConfig', config });
  const state = r.tracker.confState();
  const self = r.tracker.get(r.id);
  r.isLearner = self?.isLearner === true;
  if (r.role !== 'leader') return state;
  if (self === undefined || r.isLearner) {
    // It goes on counting the others' acknowledgements until it is replaced, unless told to step down.
    if (r.options.stepDownOnRemoval) becomeFollower(r, r.term, NONE);
    return state;
  }
  if (state.voters.length === 0) return state;
  if (maybeCommit(r)) {
    // A smaller quorum holds more.
    releaseDeferredReads(r);
    broadcastAppend(r);
  } else {
    // Newcomers need not wait for the next heartbeat.
    for (const peer of r.tracker.peers) if (peer.id !== r.id) maybeSendAppend(r, peer, false);
  }
  // A smaller quorum may have confirmed more reads, and nobody may be left to answer another round.
  answerConfirmedReads(r);
  if (r.leadTransferee !== NONE && !config.voters.has(r.leadTransferee)) {
    r.leadTransferee = NONE;
  }
  return state;
}
