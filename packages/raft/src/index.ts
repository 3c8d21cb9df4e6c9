/**
 * Raft consensus for Node.js: a replicated log that decides what a state machine does, on one server or many, through
 * crashes, cuts and full disks. A {@link RaftNode} runs one server; it is given its log, snapshots and identity
 * (`@dkron/raft/storage`), a {@link Transport}, the state machine, and clock, timers, randomness, logs and metrics of
 * `@dkron/runtime`. The algorithm alone is `@dkron/raft/core`.
 *
 * It is not a database: state machines are yours. It reads no environment and keeps no global state.
 */
export type { ConfState, Entry, HardState, NodeId, SnapshotMeta } from './core/index.ts';
export { EntryType, Message, createMessage } from './core/index.ts';

export type { AddOptions, ChangeMembersOptions, Configuration, MemberStep, NodeStats } from './node/node-types.ts';
export { RaftNode } from './node/raft-node.ts';
export type { ChangeOptions } from './node/membership.ts';
export type { NodeIdentity } from './node/peer-gate.ts';
export type { ApplyResult } from './node/proposals.ts';
export type { RaftNodeOptions, ReloadableOptions } from './node/options.ts';
export type { RaftNodeModules, Resolver } from './node/modules.ts';
export type {
  CommittedEntry,
  RestoreOrigin,
  SnapshotWriter,
  StateCapture,
  StateMachine,
  StateSnapshot,
} from './node/state-machine.ts';
export type { LeadershipEvent, RaftEventName, RaftEvents, Unsubscribe } from './node/events.ts';
export type { Member, MemberInfo, MemberInfos, Suffrage } from './node/members.ts';
export type { FoundingRecord } from './node/founding.ts';
export { clusterIdOf } from './node/founding.ts';
export type { RecoveryPeer } from './node/recover-peers.ts';
export { parsePeers, recoverFromPeers } from './node/recover-peers.ts';
export type { Failpoint, FailpointName } from './node/failpoints.ts';
export type { RaftErrorCode } from './node/errors.ts';
export { RaftError } from './node/errors.ts';

export type {
  Authorize,
  Handshake,
  HandshakeFacts,
  HandshakeRefusal,
  HandshakeVerdict,
  PeerIdentity,
  StreamPurpose,
  TransportCredentials,
} from './transport/handshake.ts';
export { authorizeAll, judgeHandshake } from './transport/handshake.ts';
export type {
  PeerConnection,
  SnapshotHeader,
  SnapshotIntake,
  SnapshotSource,
  Transport,
  TransportHandler,
  UnreachableReason,
} from './transport/transport.ts';
export { messageSize, OutboundQueue } from './transport/outbound-queue.ts';
export type { LoopbackFate, LoopbackOptions } from './transport/loopback.ts';
export { LoopbackNetwork, LoopbackTransport } from './transport/loopback.ts';
