/**
 * The original's gRPC services in both roles: `types.v1.Dkron` of a server and `types.v1.AgentService` of any node as
 * handlers over ports, and the calls that drive the original's agents and deliver results to its servers.
 */
export type { DkronPort, RaftPeer } from './dkron-port.ts';
export type { DkronHandlersModules } from './dkron-handlers.ts';
export { dkronHandlers } from './dkron-handlers.ts';
export { Forwarder } from './forwarder.ts';
