/**
 * The contract of an executor (what a job runs), the registry a node looks executors up in, and the ring that keeps a
 * run's output. Implementations are sub-paths: `@dkron/executors/shell`, `@dkron/executors/http`; the suite that
 * judges them is `@dkron/executors/suite`.
 */
export type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor, FailureReason, StartedInfo } from './types.ts';
export { ExecutorRegistry } from './registry.ts';
export type { OutputRingOptions } from './output-ring.ts';
export { OutputRing } from './output-ring.ts';
