/** The `gcppubsub` executor: one message per attempt to Google Cloud Pub/Sub. */
export { configSchema } from './config-schema.ts';
export type { GcppubsubExecutorModules, GcppubsubExecutorOptions } from './gcppubsub-executor.ts';
export { gcppubsubExecutor } from './gcppubsub-executor.ts';
