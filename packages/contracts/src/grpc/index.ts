/** gRPC's own services, and what reflection has to tell of ours. */
export {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
  HealthService,
} from '../gen/grpc/health/v1/health.ts';
export {
  ServerReflectionClient,
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionService,
} from '../gen/grpc/reflection/v1/reflection.ts';
export { ServerReflectionService as OldServerReflectionService } from '../gen/grpc/reflection/v1alpha/reflection.ts';
export { Descriptors } from './descriptors.ts';
