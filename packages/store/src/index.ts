/**
 * The replicated state machine of the scheduler: committed commands in, jobs, runs, executions and the tick ledger out.
 * Deterministic, atomic per batch, over a small key-value port (`./level`, `./memory`; judged by `./suite`).
 */
export { judgePut } from './apply/put-job.ts';
export type { JobReader } from './apply/put-job.ts';
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
export type { SnapshotStream } from './snapshot.ts';
export { Store } from './store.ts';
export type { AppliedListener, EntryEvents, StoreEntry, StoreModules } from './store.ts';
