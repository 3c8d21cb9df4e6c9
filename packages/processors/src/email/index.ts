/** The `email` processor: outputs as mails. It needs the package `nodemailer`. */
export type { EmailProcessorOptions } from './email-processor.ts';
export { configSchema, emailProcessor } from './email-processor.ts';
