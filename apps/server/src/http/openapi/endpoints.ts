import type { Endpoint } from './endpoint.ts';
import { EXECUTION_ENDPOINTS } from './execution-endpoints.ts';
import { JOB_ENDPOINTS } from './job-endpoints.ts';
import { NODE_ENDPOINTS } from './node-endpoints.ts';

/** Everything the server answers. */
export const ENDPOINTS: readonly Endpoint[] = [...JOB_ENDPOINTS, ...EXECUTION_ENDPOINTS, ...NODE_ENDPOINTS];
