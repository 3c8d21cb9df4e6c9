import { EntryType, type SnapshotMeta } from '../types.ts';
import { proposeAsLeader } from './proposals.ts';
import type { RaftState } from './state.ts';

const LEAVE = [{ type: EntryType.confChangeV2, data: new Uint8Array(0) }];

/** Entries up to `index`, of `size` bytes, were applied. A leader leaves a joint configuration that wants it. */
export function appliedTo(r: RaftState, index: number, size: number): void {
  const applied = Math.max(index, r.log.applied);
  r.log.appliedTo(applied, size);
  if (!r.tracker.config.autoLeave || r.role !== 'leader' || applied < r.pendingConfIndex) return;
  const { config } = r.tracker;
  // A transfer under way drops it; it is tried again with whatever is applied next.
  const result = proposeAsLeader(r, LEAVE);
  r.trace?.({ kind: result === 'ok' ? 'autoLeaving' : 'autoLeaveDropped', config });
}

/** A snapshot is durable and installed. */
export function appliedSnapshot(r: RaftState, snapshot: SnapshotMeta): void {
  r.log.unstable.stableSnapshotTo(snapshot.index);
  appliedTo(r, snapshot.index, 0);
}
