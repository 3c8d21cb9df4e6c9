/** Consensus core. */
export type { ConfState, Entry, HardState, NodeId, SnapshotMeta } from './types.ts';
export { EntryType } from './types.ts';
