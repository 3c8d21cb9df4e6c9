/**
 * Messages of Serf, as plain data. Lamport times are 64-bit on the wire; beyond 2^53 - 1 they are refused. Byte fields
 * and lists that may be `null` are Go slices: nil and empty mean the same.
 */

/** The intent of `node` to leave, or of somebody else to make it leave. */
export interface LeaveIntent {
  readonly type: 'leave';
  readonly lamportTime: number;
  readonly node: string;
  /** Also forget the member. */
  readonly prune: boolean;
}

/** The intent of `node` to be a member. */
export interface JoinIntent {
  readonly type: 'join';
  readonly lamportTime: number;
  readonly node: string;
}

/** User events of one Lamport time. */
export interface EventSlot {
  readonly events: readonly { readonly name: string; readonly payload: Uint8Array | null }[] | null;
  readonly lamportTime: number;
}

/** State of the Serf layer, carried by a push/pull. */
export interface SerfPushPull {
  readonly type: 'pushPull';
  readonly eventLamportTime: number;
  /** The ring of recent events as it is, mostly empty slots; any length. */
  readonly events: readonly (EventSlot | null)[] | null;
  readonly lamportTime: number;
  readonly leftMembers: readonly string[] | null;
  readonly queryLamportTime: number;
  /** Lamport time of the last status of each member. */
  readonly statusLamportTimes: ReadonlyMap<string, number>;
}

/** An event that a user sent to all members. */
export interface UserEventMessage {
  readonly type: 'userEvent';
  /** May be coalesced with others of its name. */
  readonly coalesce: boolean;
  readonly lamportTime: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
}

/** In {@link QueryMessage.flags}: every receiver answers at once that it got the query. */
export const QUERY_ACK = 1;
/** In {@link QueryMessage.flags}: receivers do not pass the query on. */
export const QUERY_NO_BROADCAST = 2;
/** In {@link QueryResponse.flags}: the receipt, not the answer. */
export const RESPONSE_ACK = 1;

/** A question to all members that its filters let pass. */
export interface QueryMessage {
  readonly type: 'query';
  /** Where answers go, with `port`. */
  readonly addr: Uint8Array;
  /** Encoded filters; see `decodeFilter`. All must let a node pass. */
  readonly filters: readonly (Uint8Array | null)[] | null;
  /** {@link QUERY_ACK}, {@link QUERY_NO_BROADCAST}. */
  readonly flags: number;
  readonly id: number;
  readonly lamportTime: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
  readonly port: number;
  /** So many members pass each answer on as well. */
  readonly relayFactor: number;
  readonly sourceNode: string;
  readonly timeoutNanos: number;
}

/** An answer to a query, or the word that it arrived. */
export interface QueryResponse {
  readonly type: 'queryResponse';
  /** {@link RESPONSE_ACK}. */
  readonly flags: number;
  readonly from: string;
  readonly id: number;
  readonly lamportTime: number;
  readonly payload: Uint8Array | null;
}

/** How one node sees a member, as answer to the query about a name conflict. */
export interface MemberRecord {
  readonly addr: Uint8Array | null;
  readonly delegateCurrent: number;
  readonly delegateMax: number;
  readonly delegateMin: number;
  readonly name: string;
  readonly port: number;
  readonly protocolCurrent: number;
  readonly protocolMax: number;
  readonly protocolMin: number;
  /** Number of a `MemberStatus`; others occur only from faulty senders. */
  readonly status: number;
  readonly tags: ReadonlyMap<string, string>;
}

/** What a node knows of a name that two members claim. */
export interface ConflictResponse {
  readonly type: 'conflictResponse';
  /** `null`: the node knows no such member. */
  readonly member: MemberRecord | null;
}

/** Payload of the key-management queries. */
export interface KeyRequest {
  readonly type: 'keyRequest';
  /** 16, 24 or 32 bytes as they are; empty when keys are listed. */
  readonly key: Uint8Array | null;
}

/** Payload of their answers. */
export interface KeyResponse {
  readonly type: 'keyResponse';
  /** Base64, only when keys are listed. */
  readonly keys: readonly string[] | null;
  /** Why it failed, or a remark. */
  readonly message: string;
  /** Base64, only when keys are listed; empty from old agents. */
  readonly primaryKey: string;
  readonly result: boolean;
}

/** Asks a member to send `inner` on as a user message. */
export interface Relay {
  readonly type: 'relay';
  readonly address: RelayAddress;
  readonly name: string;
  /** One Serf message with its type byte. A view of the packet. */
  readonly inner: Uint8Array;
}

/** Whom a relayed message is for. */
export interface RelayAddress {
  readonly ip: Uint8Array;
  readonly port: number;
  readonly zone: string;
}

/** Any message of the Serf layer. */
export type SerfMessage =
  | LeaveIntent
  | JoinIntent
  | SerfPushPull
  | UserEventMessage
  | QueryMessage
  | QueryResponse
  | ConflictResponse
  | KeyRequest
  | KeyResponse
  | Relay;
