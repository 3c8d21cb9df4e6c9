/**
 * Membership for Node.js on Serf's own wire: who is in the pool, with which tags, and what its members tell and ask each
 * other. {@link create} makes one member. `@dkron/gossip/core` has the messages and state machines, `@dkron/gossip/net`
 * the packets, streams and sockets.
 */
export type { CreateModules, CreateOptions } from './create.ts';
export { create } from './create.ts';
export type { JoinResult, QueryOptions } from './node/gossip-node.ts';
export { GossipNode } from './node/gossip-node.ts';
export type { GossipOptions } from './node/options.ts';
export type { GossipPolicy, NodeModules } from './node/modules.ts';
export type { JoinFailure } from './node/join-targets.ts';
export type { KeyAnswers } from './node/key-commands.ts';
export { KeyCommands } from './node/key-commands.ts';
export type { GossipQuery, QueryCounts, QueryReply } from './node/own-query.ts';
export type {
  GossipEventName,
  GossipEvents,
  MembersChanged,
  NameConflict,
  QueryReceived,
  UserEventReceived,
} from './node/events.ts';
export type { Unsubscribe } from './node/emitter.ts';
export type { KeyringStore, SnapshotStore } from './node/stores.ts';
export type { GossipErrorCode } from './errors.ts';
export { GossipError } from './errors.ts';
export type { KeyCommandInfo, MemberChange, SerfErrorCode, SerfTuning } from './core/serf/index.ts';
export { SerfError } from './core/serf/index.ts';
export type { SwimProfile, SwimTuning } from './core/swim/index.ts';
export type { QueryFilter } from './core/wire/filters.ts';
export type { Address, Member, MemberStatus, NodeState, ProtocolVersions, Tags } from './core/types.ts';
export { OUR_VERSIONS } from './core/types.ts';
export type { WireErrorCode, WireErrorDetails } from './core/errors.ts';
export { WireError } from './core/errors.ts';
export type { KeyRefusal } from './core/keyring.ts';
export { Keyring } from './core/keyring.ts';
