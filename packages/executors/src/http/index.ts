/** The `http` executor: one request per attempt. */
export type { HttpExecutorModules, HttpExecutorOptions } from './http-executor.ts';
export { httpExecutor } from './http-executor.ts';
export { configSchema } from './config-schema.ts';
