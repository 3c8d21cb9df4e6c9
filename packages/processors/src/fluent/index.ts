/** The `fluent` processor: outputs by the forward protocol. It needs the package `@msgpack/msgpack`. */
export type { FluentProcessorOptions } from './fluent-processor.ts';
export { configSchema, fluentProcessor } from './fluent-processor.ts';
