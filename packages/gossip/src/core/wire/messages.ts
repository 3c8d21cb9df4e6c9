/**
 * Messages of memberlist, as plain data. Addresses are 4 or 16 bytes in network order, `incarnation` and `seqNo`
 * 32-bit, ports 16-bit. Byte fields that may be `null` are Go slices: nil and empty mean the same.
 */

/** Where the answer goes. Absent from old senders: then it goes to where the packet came from. */
export interface ProbeSource {
  readonly sourceAddr?: Uint8Array;
  readonly sourceNode?: string;
  readonly sourcePort?: number;
}

/** Asks `node` for an {@link Ack} of the same `seqNo`. Others than `node` do not answer. */
export interface Ping extends ProbeSource {
  readonly type: 'ping';
  readonly node: string;
  readonly seqNo: number;
}

/** Asks the receiver to ping `node` for us, and if `nack` to say so when that fails. */
export interface IndirectPing extends ProbeSource {
  readonly type: 'indirectPing';
  readonly nack: boolean;
  readonly node: string;
  readonly port: number;
  readonly seqNo: number;
  readonly target: Uint8Array;
}

/** Answer to a ping. Serf puts its network coordinate in `payload`. */
export interface Ack {
  readonly type: 'ack';
  readonly payload: Uint8Array | null;
  readonly seqNo: number;
}

/** Answer to an indirect ping: no ack came in time, but we are here. */
export interface Nack {
  readonly type: 'nack';
  readonly seqNo: number;
}

/** `from` got no answer of `node`. */
export interface Suspect {
  readonly type: 'suspect';
  readonly from: string;
  readonly incarnation: number;
  readonly node: string;
}

/** `node` is here, and how to reach it. */
export interface Alive {
  readonly type: 'alive';
  readonly addr: Uint8Array;
  readonly incarnation: number;
  /** Encoded tags. Keep these bytes to pass them on: the order within is the sender's. */
  readonly meta: Uint8Array | null;
  readonly node: string;
  /** 0 means the receiver's own bind port. */
  readonly port: number;
  /** Versions; see `decodeVersions`. Senders must write six bytes. */
  readonly vsn: Uint8Array | null;
}

/** `node` failed, or left if `from` is itself. */
export interface Dead {
  readonly type: 'dead';
  readonly from: string;
  readonly incarnation: number;
  readonly node: string;
}

/** A message of the layer above. `body` is a view of the packet. */
export interface UserMessage {
  readonly type: 'user';
  readonly body: Uint8Array;
}

/** What a packet can say, under all its layers. */
export type PacketMessage = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | UserMessage;

/** One node within a push/pull. `addr` and `name` are not checked here: one odd entry must not spoil the list. */
export interface PushNodeState {
  readonly addr: Uint8Array | null;
  readonly incarnation: number;
  readonly meta: Uint8Array | null;
  readonly name: string;
  readonly port: number;
  /** Number of a `NodeState`; others occur only from faulty senders. */
  readonly state: number;
  readonly vsn: Uint8Array | null;
}

/** Everything one node knows, in exchange for the same. */
export interface PushPull {
  readonly type: 'pushPull';
  /** Whether the dialler is new; the answer repeats it. */
  readonly join: boolean;
  readonly nodes: readonly PushNodeState[];
  /** State of the layer above: Serf's push/pull message. */
  readonly userState: Uint8Array;
}

/** Why a peer refused our stream. */
export interface RemoteError {
  readonly type: 'error';
  readonly error: string;
}

/** What a stream can say, under all its layers. */
export type StreamMessage = PushPull | Ping | Ack | UserMessage | RemoteError;
