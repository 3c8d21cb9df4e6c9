/** Stable name of a server, never its address. Opaque and not empty; `''` stands for none. */
export type NodeId = string;

/** What an entry of the log carries. The numbers are those of the disk and the wire. */
export const EntryType = { normal: 0, confChange: 1, confChangeV2: 2 } as const;
/** Number of the kind of an entry. */
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** One entry of the replicated log. `index` ≥ 1 and `term` ≥ 1 are safe integers; empty `data` is a no-op. */
export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** What must survive a crash beside the log: current term, the vote cast in it (`''` = none), last known commit. */
export interface HardState {
  readonly term: number;
  readonly vote: NodeId;
  readonly commit: number;
}

/** Membership as of an applied index (raft dissertation 4.3). Every list is sorted and free of repetitions. */
export interface ConfState {
  /** Voters; in a joint configuration those of the incoming half. */
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Voters of the outgoing half; empty unless joint. */
  readonly votersOutgoing: readonly NodeId[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  /** The leader leaves the joint configuration by itself once it is applied. */
  readonly autoLeave: boolean;
}

/** Position and membership that a snapshot stands for; its bytes travel apart. */
export interface SnapshotMeta {
  /** Last index and its term that the snapshot covers. */
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
}
