/** The `log` processor: outputs on the node's standard output and error. */
export type { LogProcessorOptions } from './log-processor.ts';
export { configSchema, logProcessor } from './log-processor.ts';
