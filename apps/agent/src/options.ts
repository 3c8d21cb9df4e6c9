import { NODE_DEFAULTS, type NodeOptions } from '@dkron/config';

/** Everything an agent can be told: what any node can. */
export type AgentOptions = NodeOptions;

export const AGENT_DEFAULTS: AgentOptions = NODE_DEFAULTS;
