/** Raft consensus for Node.js. */
export type { ConfState, Entry, HardState, NodeId, SnapshotMeta } from './core/index.ts';
export { EntryType } from './core/index.ts';
export { authorizeAll, judgeHandshake } from './transport/handshake.ts';
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
export type {
  PeerConnection,
  SnapshotHeader,
  SnapshotIntake,
  SnapshotSource,
  Transport,
  TransportHandler,
  UnreachableReason,
} from './transport/transport.ts';
