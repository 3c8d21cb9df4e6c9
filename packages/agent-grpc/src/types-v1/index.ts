/**
 * The original's gRPC services in both roles: `types.v1.Dkron` of a server and `types.v1.AgentService` of any node as
 * handlers over ports, and the calls that drive the original's agents and deliver results to its servers.
 */
export type { DkronPort, RaftPeer } from './dkron-port.ts';
export type { DkronHandlersModules } from './dkron-handlers.ts';
export { dkronHandlers } from './dkron-handlers.ts';
export { Forwarder } from './forwarder.ts';
export type { AgentRun, AgentRunObserver, AgentServiceModules } from './agent-service.ts';
export { agentHandlers } from './agent-service.ts';
export type { ResultDeliveryModules } from './result-delivery.ts';
export { ResultDelivery } from './result-delivery.ts';
export type { GoAgentsModules } from './go-agents/go-agents.ts';
export { GoAgents } from './go-agents/go-agents.ts';
export type { GoAgentsOptions } from './go-agents/options.ts';
export type { GoAgentsView, GoMember } from './go-agents/go-agent.ts';
export { OldAgentService, OldDkronService } from './old-names.ts';
