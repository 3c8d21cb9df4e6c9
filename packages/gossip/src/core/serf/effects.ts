import type {
  PingedEvent,
  ConflictEvent,
  MemberEvent,
  NoticeEvent,
  SendPacket,
  StalledEvent,
  StartPushPull,
  StreamPing,
} from '../swim/effects.ts';
import type { Address, Member } from '../types.ts';

/** An exchange of tables to make. Report its end by `exchangeEnded(exchange, …)`, after merging if it went well. */
export interface SerfPushPullEffect extends StartPushPull {
  readonly exchange: number;
}

/** What happened to a member. `leave` said goodbye, `failed` fell silent, `reap` is forgotten. */
export type MemberChange = 'join' | 'leave' | 'failed' | 'update' | 'reap';

/** A change, at once. */
export interface MemberChangeEvent {
  readonly type: 'memberChange';
  readonly change: MemberChange;
  readonly member: Member;
}

/** A member that counts as present has said again that it joined: its process is another, and nobody saw the first end. */
export interface JoinedAnewEvent {
  readonly type: 'joinedAnew';
  readonly member: Member;
}

/** Changes of one kind as listeners should see them: collected if coalescing is on, otherwise each alone. */
export interface MembersEvent {
  readonly type: 'members';
  readonly change: MemberChange;
  readonly members: readonly Member[];
}

/** A user event, once for each. Payload and name belong to the receiver. */
export interface UserEvent {
  readonly type: 'userEvent';
  readonly name: string;
  readonly payload: Uint8Array;
  readonly lamportTime: number;
  /** The sender allows to tell only the latest of its name. */
  readonly coalesce: boolean;
}

/** A query for us. Answer by `respond(query, payload)` before `deadlineMs`, once. */
export interface IncomingQuery {
  readonly type: 'query';
  /** Handle, ours alone. */
  readonly query: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly lamportTime: number;
  /** Who asks; empty from old agents. */
  readonly source: string;
  readonly deadlineMs: number;
}

/** A member got our query. */
export interface QueryAckEvent {
  readonly type: 'queryAck';
  readonly query: number;
  readonly from: string;
}

/** A member answered our query. */
export interface QueryAnswerEvent {
  readonly type: 'queryAnswer';
  readonly query: number;
  readonly from: string;
  readonly payload: Uint8Array;
}

/** Our query ended; nothing more comes of it. */
export interface QueryFinishedEvent {
  readonly type: 'queryFinished';
  readonly query: number;
  readonly acks: number;
  readonly answers: number;
}

/** What became of a key command. It succeeded if all `members` answered and none reported an error. */
export interface KeyResultEvent {
  readonly type: 'keyResult';
  /** Handle that the command returned. */
  readonly query: number;
  readonly succeeded: boolean;
  /** Alive when the command began, we among them. */
  readonly members: number;
  readonly answers: number;
  readonly errors: number;
  /** What members said, by name: errors and remarks. */
  readonly messages: ReadonlyMap<string, string>;
  /** Only when keys were listed: how many have each (base64), and how many seal with each. */
  readonly keys: ReadonlyMap<string, number>;
  readonly primaryKeys: ReadonlyMap<string, number>;
}

/** The key ring is another one now: store it, primary first. */
export interface KeyringChangedEvent {
  readonly type: 'keyringChanged';
  readonly keys: readonly Uint8Array[];
}

/** All exchanges of a join ended. */
export interface JoinedEvent {
  readonly type: 'joined';
  /** Handle that `join` returned. */
  readonly join: number;
  readonly contacted: number;
  readonly failures: readonly { readonly address: Address; readonly reason: string }[];
}

/** Who has our name is settled. Whoever lost must stop. */
export interface ConflictVoteEvent {
  readonly type: 'conflictVote';
  readonly won: boolean;
  readonly answers: number;
  /** Of those, how many take us for the holder. */
  readonly matching: number;
}

/** The pool heard our new tags, or it took too long. */
export interface TagsToldEvent {
  readonly type: 'tagsTold';
  readonly timedOut: boolean;
}

/** We have left: the goodbye had its time to spread. Stop now. */
export interface LeftEvent {
  readonly type: 'leftPool';
}

/** Nobody of a snapshot's members could be reached. */
export interface RejoinEvent {
  readonly type: 'rejoined' | 'rejoinFailed';
}

/** Text for the snapshot file: to append, or to put in the place of all there is, by an atomic rename. */
export interface SnapshotEffect {
  readonly type: 'snapshot';
  readonly mode: 'append' | 'replace';
  /** Whole lines. */
  readonly text: string;
}

/** Worth a log line or a counter. */
export interface SerfNotice {
  readonly type: 'serfNotice';
  readonly what:
    /** A message that nobody can read. */
    | 'undecodable'
    /** An event or query older than our memory of them. */
    | 'outdated'
    /** One of our bounds was reached: something was dropped. */
    | 'overflow'
    /** A relay or key command that we do not carry out. */
    | 'refused'
    /** A queue of messages to pass on is long. */
    | 'queueDepth'
    /** A member came back soon after it failed. */
    | 'flap'
    /** Somebody said that we leave; we contradicted. */
    | 'refutedLeave'
    /** Most of the pool have our name at another address. If nobody answers there, we wait for them to find that out. */
    | 'nameInDoubt'
    /** A coordinate that cannot be. */
    | 'coordinate';
  /** Whom it is about: a member, an address or a queue. */
  readonly subject: string;
  readonly detail: string;
}

/** What happened. */
export type SerfEvent =
  | JoinedAnewEvent
  | MemberChangeEvent
  | MembersEvent
  | UserEvent
  | IncomingQuery
  | QueryAckEvent
  | QueryAnswerEvent
  | QueryFinishedEvent
  | KeyResultEvent
  | KeyringChangedEvent
  | JoinedEvent
  | ConflictEvent
  | ConflictVoteEvent
  | TagsToldEvent
  | LeftEvent
  | RejoinEvent
  | SerfNotice
  | (MemberEvent & { readonly type: 'suspect' })
  | PingedEvent
  | NoticeEvent
  | StalledEvent;

/** What to do, and what happened, in order. */
export type SerfEffect = SendPacket | StreamPing | SerfPushPullEffect | SnapshotEffect | SerfEvent;
