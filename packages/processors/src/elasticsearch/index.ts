/** The `elasticsearch` processor: outputs as documents. */
export type { ElasticsearchProcessorOptions } from './elasticsearch-processor.ts';
export { configSchema, elasticsearchProcessor } from './elasticsearch-processor.ts';
