/** Typed client of a Dkron server's REST API over `fetch`: exact 64-bit integers, refusals as errors, reads repeated. */
export { DkronClient } from './client.ts';
export type { CallOptions } from './client.ts';
export { decodeAnswer } from './decode.ts';
export type { ApiValue } from './decode.ts';
export { DkronApiError } from './errors.ts';
export type { DkronApiErrorInit } from './errors.ts';
export type { DkronClientOptions } from './transport.ts';
export type {
  ApiExecution,
  ApiHealth,
  ApiInfo,
  ApiJob,
  ApiJobInput,
  ApiMember,
  ApiPreview,
  ApiPreviewQuery,
  ApiRun,
  ApiTick,
  Page,
  Query,
} from './types.ts';
