/** The `s3` processor: outputs as objects of S3, or of a server like it. It needs the package `@aws-sdk/client-s3`. */
export { configSchema, s3Processor } from './s3-processor.ts';
