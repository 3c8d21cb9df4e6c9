/**
 * Storage of one raft server: a write-ahead log and snapshots on disk, their twins in memory, the identity of the data
 * folder, and the file-system port they are written against.
 */
export {
  decodeEntryBatch,
  encodeEntryBatch,
  entryBatchBytes,
  scanEntryBatch,
  summarizeEntries,
  visitEntries,
  writeEntryBatch,
} from './entry-batch.ts';
export type { EntrySummary } from './entry-batch.ts';
export { ByteReader, ByteWriter } from './bytes.ts';
export { decodeConfState, encodeConfState } from './payloads.ts';
export { isDiskFull, StorageError } from './errors.ts';
export type { StorageErrorCode } from './errors.ts';
export type { Disk, DiskFile } from './disk.ts';
export { nodeDisk } from './node-disk.ts';
export type {
  Boundary,
  ConfRecord,
  LogBatch,
  LogLane,
  LogSpace,
  LogState,
  LogStorage,
  ResetOptions,
  SnapshotReader,
  SnapshotSink,
  SnapshotStorage,
  StoredSnapshot,
  TermRun,
} from './ports.ts';
export { SegmentedWal } from './wal.ts';
export type { CommitObservation, WalModules, WalOptions } from './wal-options.ts';
export { MemoryLog } from './memory-log.ts';
export type { MemoryLogMedium } from './memory-log.ts';
export { IdentityFile, MemoryIdentity } from './identity.ts';
export type { Identity, IdentityChange, IdentityStorage } from './identity.ts';
export { FileSnapshots } from './file-snapshots.ts';
export { MemorySnapshots } from './memory-snapshots.ts';
export { peersFileOn } from './peers-file.ts';
export type { PeersFile } from './peers-file.ts';
