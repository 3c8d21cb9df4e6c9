/** The `webhook` processor: outputs as HTTP requests. */
export { configSchema, webhookProcessor } from './webhook-processor.ts';
