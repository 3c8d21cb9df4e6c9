/** The `kafka` executor: one message per attempt, acknowledged by all replicas in sync. */
export { configSchema } from './config-schema.ts';
export type { KafkaExecutorModules, KafkaExecutorOptions } from './kafka-executor.ts';
export { kafkaExecutor } from './kafka-executor.ts';
export type { KafkaMessage, KafkaProducer } from './producer.ts';
export type { KafkaTarget } from './settings.ts';
