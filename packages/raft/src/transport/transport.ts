import type { Message } from '../core/message.ts';
import type { NodeId, SnapshotMeta } from '../core/types.ts';
import type { Handshake, HandshakeVerdict, StreamPurpose } from './handshake.ts';

/** What precedes the bytes of a snapshot on its stream. */
export interface SnapshotHeader {
  /** The `Snap` message of the leader: term, sender, addressee and `snapshot`. Stepped once the bytes are durable. */
  readonly message: Message;
  readonly meta: SnapshotMeta;
  /** Length of the whole, and its SHA-256 as lower-case hex. */
  readonly bytes: number;
  readonly sha256: string;
}

/** A snapshot to send. `open` may be called again, with another offset, after a stream broke. */
export interface SnapshotSource {
  readonly header: SnapshotHeader;
  /** The bytes from `offset` (0 ≤ offset ≤ bytes), in chunks of at most 256 KiB. */
  open(offset: number): Promise<AsyncIterable<Uint8Array>>;
}

/** The receiving end of one snapshot. */
export interface SnapshotIntake {
  /** Bytes that are here already: the sender goes on from here. `header.bytes` when nothing more is wanted. */
  readonly offset: number;
  /** Takes the rest. Resolves when everything is durable and handed to the core; rejects when the sender must try again. */
  take(stream: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * What a transport needs of the server it works for. None of these throws; every call happens in a turn of its own,
 * never inside a call of the transport's own methods.
 */
export interface TransportHandler {
  /** First message of every stream to `to`. Asked for anew at each dial. */
  handshake(to: NodeId): Handshake;
  /**
   * Judges the other side's first message; both sides do, after the transport's own `authorize`. The accepting side
   * judges before it answers with its own handshake, because a fresh server notes here, on disk, the cluster it is
   * called into. Nothing may be delivered before this resolves.
   */
  judge(handshake: Handshake, purpose: StreamPurpose): Promise<HandshakeVerdict>;
  /** An accepted stream of a peer has begun, or the last one of that boot has ended. */
  connected(peer: Handshake): void;
  disconnected(id: NodeId, boot: string): void;
  /**
   * Messages of a peer in the order in which it sent them, as many at a time as arrived together. While the promise
   * returned is pending, the transport should read no more bulk (`App`) frames of that peer; control frames go on.
   */
  message(from: NodeId, messages: readonly Message[]): Promise<void> | undefined;
  /** A peer wants to send a snapshot. Rejects when it cannot be taken now (too many, disk full, stopped). */
  snapshot(from: NodeId, header: SnapshotHeader): Promise<SnapshotIntake>;
  /** Messages to a peer were lost or not taken. `refused`: nothing listens there, the process is gone. */
  unreachable(id: NodeId, reason: UnreachableReason): void;
}

/** `overflow`: its queue is full. `refused`: the address answers that nobody listens. `broken`: everything else. */
export type UnreachableReason = 'overflow' | 'refused' | 'broken';

/** State of the way to one peer. */
export interface PeerConnection {
  readonly id: NodeId;
  readonly addr: string;
  readonly state: 'idle' | 'dialing' | 'connected' | 'refused';
  /** What waits to be sent. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Messages dropped since the start. */
  readonly dropped: number;
  /** Why the last handshake failed, with what to type; only in state `refused`. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** Carries messages and snapshots between servers. Delivery may fail, never reorder within a stream, never corrupt. */
export interface Transport {
  /** Whether it logs refused handshakes itself; else the node does. */
  readonly logsRefusals?: boolean;
  /** Address that others dial, as it stands after listening. */
  localAddr(): string;
  /** Once, before anything is sent. Streams that come earlier wait or are refused. */
  setHandler(handler: TransportHandler): void;
  /**
   * Fire and forget. Queues are bounded in bytes for each peer: when full, the oldest appends are dropped and
   * `unreachable` is called with `overflow`. Heartbeats, votes and `TimeoutNow` overtake appends. A changed `addr`
   * closes the old connection. Without messages: it dials, so that the next ones need not wait for that.
   */
  send(to: NodeId, addr: string, messages: readonly Message[]): void;
  /** On a connection of its own. Resolves when the peer has it durably, rejects when it does not. */
  sendSnapshot(to: NodeId, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void>;
  /** Closes the ways to a server that is no member any more. */
  forget(id: NodeId): void;
  /** In id order. */
  connections(): readonly PeerConnection[];
  /** Ends everything; idempotent. Nothing is delivered afterwards. */
  close(): Promise<void>;
}
