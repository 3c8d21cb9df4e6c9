/**
 * Runs executions on a node: takes dispatches from the leader through a session, keeps a journal so that nothing starts
 * twice and no result is lost, and hands output on. The journal's file backend is `@dkron/worker/journal/file`.
 */
export type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor, ExecutorSource } from './executor.ts';
export type { WorkerErrorCode } from './errors.ts';
export { WorkerError } from './errors.ts';
export type { StopOptions, WorkerModules, WorkerOptions } from './options.ts';
export { Worker } from './worker.ts';
export type { JournalModules, JournalOptions } from './journal/journal.ts';
export { Journal } from './journal/journal.ts';
export type { JournalStorage, ProcessControl } from './journal/storage.ts';
export { MemoryJournalStorage } from './journal/memory.ts';
export type { AttemptRef, StartInfo } from './journal/record.ts';
export type { RecoveredAttempt } from './journal/table.ts';
export type { DirectObserver, DirectRequest, DirectRunsModules } from './direct-runs.ts';
export { DirectRuns } from './direct-runs.ts';
export { OutputBuffer } from './output-buffer.ts';
