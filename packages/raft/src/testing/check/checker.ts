import type { ConfState, Entry, Message, NodeId, Role } from '../../core/index.ts';

/** One server as checkers see it after each call of its core. The object is reused: keep values, not the view. */
export interface ServerView {
  readonly id: NodeId;
  /** Number of the server's life: a restart begins the next. */
  readonly life: number;
  readonly term: number;
  readonly vote: NodeId;
  readonly role: Role;
  readonly isLearner: boolean;
  /** Whether the server votes in the membership it has applied. */
  readonly isVoter: boolean;
  readonly commit: number;
  readonly applied: number;
  readonly applying: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Last index known to be durable. */
  readonly stable: number;
  readonly uncommittedSize: number;
  readonly snapshotIndex: number;
  readonly asyncStorage: boolean;
  /** Whether a leader that is no voter any more must step down. */
  readonly stepDownOnRemoval: boolean;
  /** To whom a leader hands over; `''` if it does not. */
  readonly transferee: NodeId;
  readonly transfereeIsVoter: boolean;
  /** A snapshot is to replace the log, and is not durable yet. */
  readonly installing: boolean;
  /** Term of an entry of the whole log, unstable ones too. */
  termAt(index: number): number | undefined;
  /** Term of an entry on the disk. */
  durableTermAt(index: number): number | undefined;
  /** Whether a membership change is committed and not applied. */
  changesUnapplied(): boolean;
}

/** What is on a server's disk: it survives a crash. */
export interface DurableView {
  readonly term: number;
  readonly vote: NodeId;
  readonly commit: number;
  /** Last entry compacted. */
  readonly boundary: number;
  readonly lastIndex: number;
  termAt(index: number): number | undefined;
}

/** What a leader knows of a peer, with its window. */
export interface PeerView {
  readonly id: NodeId;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly match: number;
  readonly next: number;
  readonly paused: boolean;
  /** Last indexes of the messages in flight, oldest first. */
  readonly inflight: readonly number[];
  /** Messages that may be in flight. */
  readonly window: number;
}

/** State of the parts that must come to rest in an idle cluster. */
export interface IdleView {
  readonly id: NodeId;
  readonly unstableEntries: number;
  readonly pendingReads: number;
  readonly queuedReads: number;
  readonly uncommittedSize: number;
}

/** State of the cluster at the end of a run, after faults stopped. Only servers that are up and members. */
export interface FinalView {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: number;
  readonly lead: NodeId;
  readonly applied: number;
  readonly commit: number;
  readonly lastIndex: number;
  readonly joint: boolean;
}

/**
 * Watches a run. Every method is optional and is called with plain data; it throws {@link Violation} for what must not
 * be. One object watches one run.
 */
export interface Checker {
  /** For example `I1 election safety`. */
  readonly name: string;
  /** A server's core was called. */
  stepped?(server: ServerView): void;
  becameLeader?(server: ServerView): void;
  becameCandidate?(server: ServerView): void;
  /** A leader moved its commit index to `server.commit`. */
  committed?(server: ServerView): void;
  /** A message leaves a server, or is delivered to itself after a write. */
  sent?(from: NodeId, message: Message, durable: DurableView): void;
  /** An entry becomes durable. `chain` stands for it and everything before it. */
  appended?(server: NodeId, entry: Entry, chain: number): void;
  /** An entry is applied; `operation` is the client's number in it, 0 if there is none. */
  applied?(server: NodeId, entry: Entry, chain: number, operation: number): void;
  /** A membership change is applied at `index`. */
  configured?(server: NodeId, index: number, before: ConfState, after: ConfState): void;
  /** Positions of the membership changes in a leader's log that it has not applied. */
  leaderTail?(server: ServerView, confIndexes: readonly number[], validated: boolean): void;
  /** A membership change at `index` could not be made. */
  changeRefused?(server: ServerView, index: number, isJoint: boolean): void;
  leaderPeers?(server: ServerView, peers: readonly PeerView[], isMember: (id: NodeId) => boolean): void;
  emptyRefused?(server: ServerView): void;
  restarted?(server: NodeId, durable: DurableView): void;
  readAsked?(read: number): void;
  readAnswered?(read: number, index: number): void;
  /** A message sent while the cluster must be idle. */
  idleSent?(message: Message): void;
  idle?(server: IdleView): void;
  finished?(servers: readonly FinalView[], members: readonly NodeId[]): void;
}
