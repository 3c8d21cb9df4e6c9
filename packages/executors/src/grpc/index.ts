/** The `grpc` executor: one call per attempt, to servers that describe themselves by reflection. */
export { configSchema } from './config-schema.ts';
export type { GrpcExecutorModules, GrpcExecutorOptions } from './grpc-executor.ts';
export { grpcExecutor } from './grpc-executor.ts';
