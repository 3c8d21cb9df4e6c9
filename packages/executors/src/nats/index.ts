/** The `nats` executor: one message per attempt, confirmed by the server, by a stream, or by a reply. */
export { configSchema } from './config-schema.ts';
export type { NatsExecutorModules, NatsExecutorOptions } from './nats-executor.ts';
export { natsExecutor } from './nats-executor.ts';
