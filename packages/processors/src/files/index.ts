/** The `files` processor: one file per output. */
export type { FilesProcessorOptions } from './files-processor.ts';
export { configSchema, filesProcessor } from './files-processor.ts';
