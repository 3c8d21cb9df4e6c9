/** The Dkron agent as a function: `runAgent` finds the servers by gossip, runs what they dispatch, and waits for the end. */
export type { AgentOptions } from './options.ts';
export { AGENT_DEFAULTS } from './options.ts';
export { runAgent } from './run-agent.ts';
