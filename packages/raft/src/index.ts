/** Raft consensus for Node.js. */
export type { ConfState, Entry, HardState, NodeId, SnapshotMeta } from './core/index.ts';
export { EntryType } from './core/index.ts';
