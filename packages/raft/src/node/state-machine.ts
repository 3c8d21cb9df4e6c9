import type { ConfState, SnapshotMeta } from '../core/types.ts';
import type { Member } from './members.ts';

/** A committed command. Empty entries and membership changes are not shown. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/** Where a state machine writes its snapshot to, one chunk after the other. */
export interface SnapshotWriter {
  write(chunk: Uint8Array): Promise<void>;
}

/** A point in time of the state machine. */
export interface StateSnapshot {
  /** Writes it out while commands go on being applied: what is written is the state of the moment of capture. */
  persist(writer: SnapshotWriter): Promise<void>;
  /** Called once, whether `persist` succeeded or not. */
  release(): void;
}

/** `snapshot`: of this cluster, up to that index; `log`: `RaftNode.restore` of any state, on every server alike. */
export type RestoreOrigin = 'snapshot' | 'log';

/** The state machine of one moment, and where in the log that is. */
export interface StateCapture {
  readonly meta: SnapshotMeta;
  readonly members: readonly Member[];
  /** To be released. */
  readonly state: StateSnapshot;
}

/**
 * What the log decides. Calls never overlap, except that `persist` of a snapshot runs beside `apply`. An exception of
 * any method is fatal to the node: replicas would drift apart.
 */
export interface StateMachine {
  /**
   * Applies commands in order and returns one result for each, which only the server that proposed them sees. Must
   * depend on nothing but the state and the commands. Called with slices that take about `applySliceMs`.
   */
  apply(batch: readonly CommittedEntry[]): readonly unknown[] | Promise<readonly unknown[]>;
  /** Captures the present state quickly. */
  snapshot(): Promise<StateSnapshot> | StateSnapshot;
  /**
   * Replaces the state by that of a snapshot. Bytes are those that `persist` wrote. The state stands for everything up to
   * `meta.index`, whatever was saved in it: `appliedIndex` answers this index afterwards, durably.
   */
  restore(stream: AsyncIterable<Uint8Array>, meta: SnapshotMeta, origin: RestoreOrigin): Promise<void>;
  /** For state machines with durable state: last index they hold. The node starts from there if no snapshot is newer. */
  appliedIndex?(): Promise<number>;
  /**
   * For state machines with durable state: makes what is applied durable. With it, the log is compacted behind the state
   * machine itself, and its state is written into a snapshot only when a follower or a backup asks for one.
   */
  checkpoint?(): Promise<void>;
  /** The membership changed; called in order with `apply`. */
  configuration?(index: number, conf: ConfState, members: readonly Member[]): void;
}
