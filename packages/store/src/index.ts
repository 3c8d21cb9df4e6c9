/**
 * The replicated state machine of the scheduler: committed commands in, jobs, runs, executions and the tick ledger out.
 * Deterministic, atomic per batch, over a small key-value port (`./level`, `./memory`; judged by `./suite`).
 */
export { judgePut } from './apply/put-job.ts';
export type { JobReader } from './apply/put-job.ts';
export type { ComingTicks } from './apply/settle-restored.ts';
export { readBackup, writeBackup } from './backup/backup-file.ts';
export type { BackupHeader, BackupMember, BackupReader } from './backup/backup-file.ts';
export { inspectBackup } from './backup/inspect.ts';
export type { BackupCounts, BackupSummary } from './backup/inspect.ts';
export { prepareRestored } from './backup/prepare-restored.ts';
export type { PreparedState, PrepareModules, PrepareOptions } from './backup/prepare-restored.ts';
export { StoreError } from './errors.ts';
export type { StoreErrorCode } from './errors.ts';
export type { ExecutionPage, ExecutionQuery } from './execution-query.ts';
export type { StateHash } from './hash-checkpoints.ts';
export type { JobSort } from './job-columns.ts';
export type { JobNamePage, JobPage, JobQuery } from './job-query.ts';
export type { LedgerPage, LedgerQuery } from './ledger-query.ts';
export { DEFAULT_RETENTION } from './options.ts';
export type { Retention, StoreOptions } from './options.ts';
export type {
  Codec,
  IterateOptions,
  KeyRange,
  KeyValue,
  KeyValueEntry,
  KeyValueReader,
  KeyValueSnapshot,
  StoreCodec,
  WriteOp,
  WriteOptions,
} from './ports.ts';
export type { DayStats } from './records.ts';
export type { RestorePosition } from './restore.ts';
export type { SnapshotStream } from './snapshot.ts';
export { Store } from './store.ts';
export type { AppliedListener, EntryEvents, StoreEntry, StoreModules } from './store.ts';
