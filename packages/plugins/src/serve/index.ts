/**
 * Makes a program a plugin: `serveExecutor`, `serveProcessor`. It runs under agents of the original and under ours; what
 * it prints and logs goes to the host, and it ends with it.
 */
export type {
  ServedContext,
  ServedExecutor,
  ServedProcessor,
  ServedRequest,
  ServedResult,
  ServedRun,
} from './contracts.ts';
export { serveExecutor } from './serve-executor.ts';
export { serveProcessor } from './serve-processor.ts';
