/**
 * The contract of a processor (what happens to a finished run's output) and the pipeline that runs a job's processors.
 * Implementations are sub-paths: `@dkron/processors/log`, `@dkron/processors/files`; the suite that judges them is
 * `@dkron/processors/suite`.
 */
export type { Processor, ProcessorConfig, ProcessorConfigSchema, ProcessorContext, ProcessorInput } from './types.ts';
export type {
  ProcessorFailure,
  ProcessorPipelineModules,
  ProcessorPipelineOptions,
  ProcessorPipelineResult,
} from './pipeline.ts';
export { ProcessorPipeline } from './pipeline.ts';
export type { ProcessorErrorCode } from './errors.ts';
export { ProcessorError } from './errors.ts';
