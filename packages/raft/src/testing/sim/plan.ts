import type { CoreOptions } from '../../core/index.ts';

/** Times are in units; a tick of a server with an exact clock takes {@link UNITS_PER_TICK}. */
export const UNITS_PER_TICK = 100;

/** Who cannot talk to whom. */
export type PartitionShape =
  | 'isolate'
  | 'split'
  | 'oneWay'
  | 'ring'
  | 'bridge'
  | 'leaderOutbound'
  | 'isolateLeader'
  | 'leaderMinority'
  | 'halves'
  | 'halvesWithoutLeader';

/** As a `server` of an event: whoever leads the highest term then. */
export const LEADER = 1_000_000;

/**
 * One thing that goes wrong, or that an operator does. `server` and `pick` count modulo what there is when it happens,
 * so that any part of a script can be left out.
 */
export type ScriptEvent = { readonly at: number } & (
  | { readonly kind: 'crash'; readonly server: number; readonly down: number; readonly keep: number }
  | { readonly kind: 'stall'; readonly server: number; readonly length: number }
  | {
      readonly kind: 'partition';
      readonly shape: PartitionShape;
      readonly pick: number;
      readonly length: number;
    }
  | { readonly kind: 'clog'; readonly from: number; readonly to: number; readonly length: number }
  | {
      readonly kind: 'members';
      readonly how:
        | 'simple'
        | 'joint'
        | 'explicit'
        | 'replaceLeader'
        | 'newServer'
        | 'promote'
        | 'demote'
        | 'leave'
        | 'swap';
      readonly pick: number;
      readonly also: number;
    }
  | { readonly kind: 'transfer'; readonly server: number; readonly pick: number }
  | { readonly kind: 'forget'; readonly server: number }
  | { readonly kind: 'campaign'; readonly server: number }
  | { readonly kind: 'unreachable'; readonly server: number; readonly pick: number }
  | { readonly kind: 'snapshot'; readonly server: number; readonly trailing: number }
  | {
      readonly kind: 'burst';
      readonly count: number;
      readonly bytes: number;
      /** To the leader of the lowest term, if there are several. */
      readonly stale?: boolean;
    }
);

export type ScriptKind = ScriptEvent['kind'];

/** Rates are in 1/1000 of messages. */
export interface NetworkPlan {
  readonly lossPermille: number;
  readonly duplicatePermille: number;
  /** Whether messages of one link may overtake each other. */
  readonly reorder: boolean;
  /** Least delay, in units. */
  readonly delay: number;
  /** Further delay: even over this many units, sometimes eight times of it. */
  readonly jitter: number;
  /** Snapshots that break off on the way. */
  readonly snapshotLossPermille: number;
  /** Delay of a snapshot is even over this many units. */
  readonly snapshotDelay: number;
  /** Whether senders hear of partitions. */
  readonly reportsUnreachable: boolean;
}

export interface DiskPlan {
  /** Delay of a write is even over this many units. */
  readonly writeDelay: number;
  /** Writes that take 30 times as long. */
  readonly spikePermille: number;
  readonly applyDelay: number;
  readonly readDelay: number;
  /** Whether the state machine survives crashes by itself, or is rebuilt from its snapshot. */
  readonly durableStateMachine: boolean;
  /** A server makes a snapshot after so many entries; 0 = only when the script says so. */
  readonly snapshotEvery: number;
  /** Entries kept behind a snapshot. */
  readonly trailing: number;
  /** Bytes of the log kept in memory. */
  readonly cacheBytes: number;
}

export interface ClientPlan {
  readonly count: number;
  readonly keys: number;
  /** Pause between operations, even over this many units. */
  readonly pause: number;
  /** After this many units a client gives up; whether a write took place is then unknown. */
  readonly timeout: number;
  readonly readPermille: number;
  readonly casPermille: number;
  /** Payload of a write is even over this many bytes. */
  readonly bytes: number;
}

/** Everything that decides a run. Plain data: a plan can be stored, cut down and run again without its generator. */
export interface Plan {
  readonly seed: number;
  readonly voters: number;
  readonly learners: number;
  readonly core: Omit<CoreOptions, 'id' | 'applied'>;
  /** Leaders that were removed hand over as the driver has them do; then nothing excuses a cluster without a leader. */
  readonly resigns?: boolean;
  /** Ticks of the phase with faults. */
  readonly ticks: number;
  /** The phase with faults ends after so many calls of cores at the latest. */
  readonly maxSteps: number;
  /** Pause between an input and the work that comes of it, even over this many units: inputs in it share a `Ready`. */
  readonly turn: number;
  /** Clocks run at 1000 ± this many thousandths. */
  readonly clockPermille: number;
  readonly network: NetworkPlan;
  readonly disk: DiskPlan;
  readonly clients: ClientPlan;
  /** Ascending in `at`. */
  readonly script: readonly ScriptEvent[];
}
