import { EntryType, type SnapshotMeta } from '../types.ts';
import { proposeAsLeader } from './proposals.ts';
import type { RaftState } from './state.ts';

const LEAVE = [{ type: EntryType.confChangeV2, data: new Uint8Array(0) }];

/** Entries up to `index`, of `size` bytes, were applied. */
export function appliedTo(r: RaftState, index: number, size: number): void {
  r.log.appliedTo(Math.max(index, r.log.applied), size);
  autoLeave(r);
}

/**
 * A leader leaves a joint configuration that wants it, once that is applied. A transfer under way drops it; it is tried
 * again with whatever is applied next, and when the transfer is given up.
 */
export function autoLeave(r: RaftState): void {
  const { config } = r.tracker;
  if (!config.autoLeave || r.role !== 'leader' || r.log.applied < r.pendingConfIndex) return;
  const result = proposeAsLeader(r, LEAVE);
  r.trace?.({ kind: result === 'ok' ? 'autoLeaving' : 'autoLeaveDropped', config });
}

/** A snapshot is durable and installed. */
export function appliedSnapshot(r: RaftState, snapshot: SnapshotMeta): void {
  r.log.unstable.stableSnapshotTo(snapshot.index);
  appliedTo(r, snapshot.index, 0);
}
