/**
 * The original's gRPC contract (package `types.v1`): generated messages and services, and the way from and to domain
 * types. Services are complete grpc-js definitions; no `.proto` file is read at run time.
 */
export type { JobAdditions, WireJob } from './job.ts';
export { jobFromWire, jobToWire } from './job.ts';
export type { WireExecution } from './execution.ts';
export { executionFromWire, executionToWire } from './execution.ts';
export { nullableTimeFromWire, nullableTimeToWire, timestampFromWire, timestampToWire } from './time.ts';
export type { Timestamp } from '../gen/google/protobuf/timestamp.ts';
export { Empty } from '../gen/google/protobuf/empty.ts';
export type { AgentServiceServer } from '../gen/types/v1/agent.ts';
export { AgentRunRequest, AgentRunStream, AgentServiceClient, AgentServiceService } from '../gen/types/v1/agent.ts';
export type { DkronServer } from '../gen/types/v1/dkron.ts';
export {
  DeleteExecutionsRequest,
  DeleteExecutionsResponse,
  DeleteJobRequest,
  DeleteJobResponse,
  DkronClient,
  DkronService,
  Execution,
  ExecutionDoneRequest,
  ExecutionDoneResponse,
  GetActiveExecutionsResponse,
  GetJobRequest,
  GetJobResponse,
  Job,
  RaftGetConfigurationResponse,
  RaftRemovePeerByIDRequest,
  RaftServer,
  RunJobRequest,
  RunJobResponse,
  SetJobRequest,
  SetJobResponse,
  ToggleJobRequest,
  ToggleJobResponse,
} from '../gen/types/v1/dkron.ts';
export type { ExecutorServiceServer, StatusHelperServiceServer } from '../gen/types/v1/executor.ts';
export {
  ExecuteRequest,
  ExecuteResponse,
  ExecutorServiceClient,
  ExecutorServiceService,
  StatusHelperServiceClient,
  StatusHelperServiceService,
  StatusUpdateRequest,
  StatusUpdateResponse,
} from '../gen/types/v1/executor.ts';
