/** The `rabbitmq` executor: one message per attempt, confirmed by the broker. */
export { configSchema } from './config-schema.ts';
export type { RabbitmqExecutorModules, RabbitmqExecutorOptions } from './rabbitmq-executor.ts';
export { rabbitmqExecutor } from './rabbitmq-executor.ts';
