import type { Address, Member } from '../core/types.ts';
import type { MemberChange } from '../core/serf/effects.ts';

/** Members that changed in the same way. With coalescing on they are collected; otherwise each comes alone. */
export interface MembersChanged {
  readonly change: MemberChange;
  /** As they are now; at least one. */
  readonly members: readonly Member[];
}

/** Something that a member told all. */
export interface UserEventReceived {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly lamportTime: number;
  /** Its sender allows to tell only the latest of its name. */
  readonly coalesce: boolean;
}

/** A question for us. */
export interface QueryReceived {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly lamportTime: number;
  /** Name of the member that asks; empty from old agents. */
  readonly source: string;
  /** Answers later than this are worth nothing. */
  readonly timeoutMs: number;
  /** Answers, once. Throws SerfError `GOSSIP_QUERY_CLOSED`, `GOSSIP_TOO_LARGE`. */
  respond(payload: Uint8Array): void;
}

/** Somebody else uses a name that is taken. */
export interface NameConflict {
  readonly name: string;
  readonly existing: Address;
  readonly claimed: Address;
  /** Whether the name is ours: then the pool votes, and `conflictVote` follows. */
  readonly isOurs: boolean;
}

/** What a node tells, by name. */
export interface GossipEvents {
  /** Changes of membership, collected if coalescing is on. */
  members: MembersChanged;
  /** The same, each at once. */
  memberChange: { readonly change: MemberChange; readonly member: Member };
  /** One that was never seen to go has joined again: a restart that was faster than the detection of failures. */
  joinedAnew: { readonly member: Member };
  userEvent: UserEventReceived;
  query: QueryReceived;
  conflict: NameConflict;
  /** The vote about our name; whoever lost stops by itself. */
  conflictVote: { readonly won: boolean; readonly answers: number; readonly matching: number };
  /** Our timers came late; nobody was accused for it. */
  stall: { readonly lateMs: number };
  /** After a start with a snapshot: whether one of its members took us in. */
  rejoin: { readonly succeeded: boolean };
  /** The node does nothing more. */
  stopped: { readonly reason: 'stop' | 'conflict' };
}

/** Name of an event of a node. */
export type GossipEventName = keyof GossipEvents;
