/**
 * Membership for Node.js on Serf's own wire: who is in the pool, with which tags. This entry point has the types and the
 * key ring; `@dkron/gossip/core` has the messages, `@dkron/gossip/net` the packets and streams around them.
 */
export type { Address, Member, MemberStatus, NodeState, ProtocolVersions, Tags } from './core/types.ts';
export { OUR_VERSIONS } from './core/types.ts';
export type { WireErrorCode, WireErrorDetails } from './core/errors.ts';
export { WireError } from './core/errors.ts';
export type { KeyRefusal } from './core/keyring.ts';
export { Keyring } from './core/keyring.ts';
