/**
 * Agents over gRPC. A worker keeps a session with whoever leads: `SessionDialer` on its side, `SessionRouter` and
 * `SessionService` on every server, `GrpcSessionTransport` or memory in between. The original's services, in both
 * roles, are `@dkron/agent-grpc/types-v1`.
 */
export type {
  AcceptSession,
  Leadership,
  SessionServer,
  SessionTransport,
  SessionWorker,
  StreamEvents,
} from './session/ports.ts';
export type { SessionDialerOptions } from './session/dialer-options.ts';
export type { SessionDialerModules } from './session/session-dialer.ts';
export { SessionDialer } from './session/session-dialer.ts';
export type { PeerIdentity, SessionRouterModules, SessionRouterOptions } from './session/session-router.ts';
export { SessionRouter } from './session/session-router.ts';
export { memorySession } from './memory/memory-session.ts';
export type { SessionServiceModules, SessionServiceOptions } from './grpc/session-service.ts';
export { SessionService } from './grpc/session-service.ts';
export type { GrpcSessionTransportModules, GrpcSessionTransportOptions } from './grpc/session-transport.ts';
export { GrpcSessionTransport } from './grpc/session-transport.ts';
export { SESSION_SERVER_OPTIONS } from './grpc/channel-options.ts';
