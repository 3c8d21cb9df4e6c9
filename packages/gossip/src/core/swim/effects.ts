import type { Address, NodeState, ProtocolVersions } from '../types.ts';
import type { Alive, PacketMessage, PushNodeState } from '../wire/messages.ts';

/** A message and its bytes. Simulators may pass on the one, sockets the other. */
export interface Encoded {
  readonly message: PacketMessage;
  readonly bytes: Uint8Array;
}

/** What is known of a member, at one moment. */
export interface NodeView {
  readonly name: string;
  readonly address: Address;
  /** Encoded tags, as the member wrote them. */
  readonly meta: Uint8Array;
  /** `undefined` of a member that sent none or odd ones. */
  readonly versions: ProtocolVersions | undefined;
  readonly incarnation: number;
  readonly state: NodeState;
}

/** One datagram to send. More than one message means a compound. */
export interface SendPacket {
  readonly type: 'packet';
  readonly to: Address;
  /** The member's name, where it is known. */
  readonly node: string | undefined;
  readonly messages: readonly Encoded[];
  /** Whether the peer reads checksums, and the original sends one here. */
  readonly checksum: boolean;
}

/** Ping `node` over a stream; answer by `streamPingDone(seqNo, …)`. */
export interface StreamPing {
  readonly type: 'streamPing';
  readonly to: Address;
  readonly node: string;
  readonly seqNo: number;
  /** An answer after this is worth nothing. */
  readonly deadlineMs: number;
}

/** Exchange tables with `to` over a stream: send `localState(join)`, read the answer, give it to `mergeState`. */
export interface StartPushPull {
  readonly type: 'pushPull';
  readonly to: Address;
  readonly node: string | undefined;
  readonly join: boolean;
}

/** A change of membership. `failed` is a member found dead, `left` one that said goodbye. */
export interface MemberEvent {
  readonly type: 'join' | 'update' | 'suspect' | 'failed' | 'left';
  readonly node: NodeView;
}

/** Another address claims a name that is taken; nothing was changed. */
export interface ConflictEvent {
  readonly type: 'conflict';
  readonly existing: NodeView;
  readonly claim: Alive;
}

/** An answered ping. Only direct ones tell the round trip. */
export interface PingedEvent {
  readonly type: 'pinged';
  readonly node: NodeView;
  readonly rttMs: number;
  readonly payload: Uint8Array;
}

/** A ping of `Swim.ask` was answered, by another than us. */
export interface AnsweredEvent {
  readonly type: 'answered';
  readonly seqNo: number;
}

/** Worth a log line or a counter. */
export interface NoticeEvent {
  readonly type:
    /** Somebody accused us; we answered with a higher incarnation. */
    | 'refuted'
    /** Pings over streams are answered, over packets not. */
    | 'packetsBlocked'
    /** A ping came that names another node. */
    | 'misdirectedPing'
    /** Versions, address, meta or name that cannot be. */
    | 'refused';
  readonly node: string;
  readonly detail: string;
}

/** Our timers came late by `lateMs`; nobody is accused for that time. */
export interface StalledEvent {
  readonly type: 'stalled';
  readonly lateMs: number;
}

/** A message or state for the layer above. */
export interface UserMessageEvent {
  readonly type: 'user';
  readonly body: Uint8Array;
  readonly from: Address;
}

/** State of the layer above that a peer sent in a push/pull; `join` when one of the two joins. */
export interface UserStateEvent {
  readonly type: 'userState';
  readonly state: Uint8Array;
  readonly join: boolean;
}

/** What we wanted to tell (goodbye, new meta) went out as often as it should, or there is nobody to hear it. */
export interface ToldEvent {
  readonly type: 'told';
  readonly what: 'leave' | 'meta';
}

/** What the layer above is told. */
export type SwimEvent =
  | MemberEvent
  | ConflictEvent
  | PingedEvent
  | AnsweredEvent
  | NoticeEvent
  | StalledEvent
  | UserMessageEvent
  | UserStateEvent
  | ToldEvent;

/** What a call of the state machine asks its driver to do, or tells the layer above. */
export type SwimEffect = SendPacket | StreamPing | StartPushPull | SwimEvent;

/** What the layer above takes part in. Called synchronously, within a call of the state machine: it must not call back. */
export interface SwimDelegate {
  /** Whether to take this member: allow-lists of addresses, tags of another pool. */
  acceptsAlive?(alive: Alive): boolean;
  /** Whether to join those. Only asked when one of us joins. */
  acceptsMerge?(nodes: readonly PushNodeState[]): boolean;
  /** Messages to ride along, each of which takes `overheadBytes` more than its length; `limitBytes` in all. */
  takeBroadcasts?(overheadBytes: number, limitBytes: number, maxItems: number): readonly Uint8Array[];
  /** Whether {@link takeBroadcasts} has any. */
  hasBroadcasts?(): boolean;
  /** Goes with each ack. */
  ackPayload?(): Uint8Array;
  /** Goes with our table. */
  userState?(join: boolean): Uint8Array;
}
