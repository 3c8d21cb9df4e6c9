/** The `docker` executor: one container per attempt, with limits, by the socket of the engine. */
export { configSchema } from './config-schema.ts';
export type { DockerExecutorModules, DockerExecutorOptions } from './docker-executor.ts';
export { dockerExecutor } from './docker-executor.ts';
