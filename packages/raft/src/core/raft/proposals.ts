import { decodeConfChange } from '../confchange/codec.ts';
import { type ConfChange, type ConfChangeStep, leavesJoint } from '../confchange/conf-change.ts';
import type { ConfChangeRefusal, DropReason } from '../events.ts';
import { NONE } from '../ids.ts';
import { type Entry, EntryType } from '../types.ts';
import { appendEntries } from './appending.ts';
import { broadcastAppend } from './replication.ts';
import type { RaftState } from './state.ts';
import type { StepResult } from './step-result.ts';

/** What a proposal says of an entry; the leader adds term and index. */
export type Proposed = Pick<Entry, 'type' | 'data'>;

const NO_DATA = new Uint8Array(0);
const NO_STEPS: readonly ConfChangeStep[] = [];

export function dropProposal(r: RaftState, reason: DropReason): StepResult {
  r.trace?.({ kind: 'proposalDropped', reason, term: r.term, lead: r.lead });
  return 'proposalDropped';
}

/** Appends what was proposed to this leader and sends it out. */
export function proposeAsLeader(r: RaftState, proposed: readonly Proposed[]): StepResult {
  const reason = reasonToDrop(r);
  if (reason !== undefined) return dropProposal(r, reason);
  const first = r.log.lastIndex() + 1;
  const pendingBefore = r.pendingConfIndex;
  const entries: Entry[] = [];
  for (let i = 0; i < proposed.length; i++) {
    const { type, data } = proposed[i]!;
    const index = first + i;
    const allowed = type === EntryType.normal || admitConfChange(r, proposed[i]!, index);
    entries.push(
      allowed ? { term: r.term, index, type, data } : { term: r.term, index, type: EntryType.normal, data: NO_DATA },
    );
  }
  if (!appendEntries(r, entries)) {
    r.pendingConfIndex = pendingBefore;
    return 'proposalDropped';
  }
  broadcastAppend(r);
  return 'ok';
}

/** As {@link proposeAsLeader} for plain data: one object an entry. */
export function proposeDataAsLeader(r: RaftState, datas: readonly Uint8Array[]): StepResult {
  const reason = reasonToDrop(r);
  if (reason !== undefined) return dropProposal(r, reason);
  const first = r.log.lastIndex() + 1;
  const entries: Entry[] = [];
  for (let i = 0; i < datas.length; i++) {
    entries.push({ term: r.term, index: first + i, type: EntryType.normal, data: datas[i]! });
  }
  if (!appendEntries(r, entries)) return 'proposalDropped';
  broadcastAppend(r);
  return 'ok';
}

function reasonToDrop(r: RaftState): DropReason | undefined {
  if (r.tracker.get(r.id) === undefined) return 'removed';
  return r.leadTransferee === NONE ? undefined : 'transferring';
}

/** Whether a membership change may enter the log at `index`; if so no other may before it is applied. */
function admitConfChange(r: RaftState, proposed: Proposed, index: number): boolean {
  const change = tryDecode(proposed);
  const refusal = change === undefined ? 'malformed' : refusalOf(r, change);
  if (refusal !== undefined && (refusal === 'malformed' || !r.options.disableConfChangeValidation)) {
    r.trace?.({
      kind: 'confChangeRefused',
      reason: refusal,
      steps: change?.steps ?? NO_STEPS,
      config: r.tracker.config,
      pendingConfIndex: r.pendingConfIndex,
      applied: r.log.applied,
    });
    return false;
  }
  r.pendingConfIndex = index;
  return true;
}

function tryDecode(proposed: Proposed): ConfChange | undefined {
  try {
    return decodeConfChange(proposed);
  } catch {
    return undefined;
  }
}

function refusalOf(r: RaftState, change: ConfChange): ConfChangeRefusal | undefined {
  const { isJoint } = r.tracker.config.voters;
  const leaves = leavesJoint(change);
  if (r.pendingConfIndex > r.log.applied) return 'pendingChange';
  if (isJoint && !leaves) return 'mustLeaveJoint';
  if (!isJoint && leaves) return 'notJoint';
  // Ongaro's erratum of 2015 for single-server changes; changes active on apply are immune, but it costs nothing.
  if (r.options.confChangeNeedsCurrentTermCommit && !r.committedInTerm()) return 'noCommitInTerm';
  return undefined;
}
