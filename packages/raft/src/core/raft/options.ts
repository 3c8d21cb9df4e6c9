import { isLocalThread, NONE } from '../ids.ts';
import type { CompareIds } from '../ids.ts';
import type { TraceSink } from '../events.ts';
import type { EntryId } from '../log/raft-log.ts';
import type { LogView } from '../log/log-view.ts';
import type { NodeId } from '../types.ts';

/**
 * How linearizable reads are confirmed. `safe`: by a round of heartbeats. `lease`: at once while the leader's lease
 * lasts by `modules.leaseValid`, else as `safe`; depends on clocks that drift little.
 */
export type ReadOnlyMode = 'safe' | 'lease';

/** Options of one server's core. Sizes are in bytes; entries are measured by `entrySize`. */
export interface CoreOptions {
  readonly id: NodeId;
  /** Least ticks without a leader before an election; must exceed `heartbeatTick`. Default 10. */
  readonly electionTick?: number;
  /** Ticks between heartbeats, at least 1. Default 1. */
  readonly heartbeatTick?: number;
  /** Last index that the state machine has durably applied; entries up to it are not handed out again. Default 0. */
  readonly applied?: number;
  /** Writing and applying are acknowledged by messages instead of `advance()`. Default true. */
  readonly asyncStorage?: boolean;
  /** Entries in one append, at least one entry. Default 1 MiB. */
  readonly maxSizePerMsg?: number;
  /** Entries handed out and not yet applied, over all batches; soft by one entry. Default `maxSizePerMsg`. */
  readonly maxCommittedSizePerReady?: number;
  /** Payload of a leader's uncommitted entries before proposals are dropped; 0 = no bound. Default 64 MiB. */
  readonly maxUncommittedSize?: number;
  /** Appends in flight to a peer, at least 1. Default 64. */
  readonly maxInflightMsgs?: number;
  /** Payload in flight to a peer, at least `maxSizePerMsg`; 0 = no bound. Default 8 MiB. */
  readonly maxInflightBytes?: number;
  /** A leader steps down unless it hears of a quorum in each `electionTick`; followers stick to it. Default true. */
  readonly checkQuorum?: boolean;
  /** Ask before campaigning whether an election could be won (dissertation 9.6). Default true. */
  readonly preVote?: boolean;
  readonly readOnly?: ReadOnlyMode;
  /** Reads that wait on a leader before more are dropped, at least 1. Default 65,536. */
  readonly maxPendingReads?: number;
  /** Followers drop proposals instead of passing them to the leader. Default false. */
  readonly disableProposalForwarding?: boolean;
  /** A leader that is no voter any more steps down. Default true. */
  readonly stepDownOnRemoval?: boolean;
  /** Accept any membership change into the log. For tests. Default false. */
  readonly disableConfChangeValidation?: boolean;
  /** Refuse membership changes until an entry of the leader's own term is committed. Default false. */
  readonly confChangeNeedsCurrentTermCommit?: boolean;
  /**
   * Last entry of a log that was recovered by force (`peers.json`): up to there it counts as committed although no quorum
   * said so. A leader that contradicts it is told by `recoveryContradicted`. Default none.
   */
  readonly unconfirmed?: EntryId | undefined;
  /** Refuse votes to candidates outside the own membership, if there is one. Default false. */
  readonly rejectVotesFromStrangers?: boolean;
}

/** Collaborators of the core. */
export interface CoreModules {
  readonly storage: LogView;
  /** Integer in `[0, n)`. Decides election timeouts only. */
  readonly rand: (n: number) => number;
  /** Order of every visit; default code units. */
  readonly compareIds?: CompareIds;
  /** Receives what happens inside; without it no event is made. */
  readonly events?: TraceSink;
  /** Whether the leader's lease holds now, by real monotonic time. Needed for `lease` reads. */
  readonly leaseValid?: () => boolean;
}

/** Options with their defaults. `maxUncommittedSize` without a bound is `Infinity`. */
export type ResolvedOptions = Required<Omit<CoreOptions, 'unconfirmed'>> & Pick<CoreOptions, 'unconfirmed'>;

const MIB = 1024 * 1024;

/** Fills in defaults. Throws TypeError for what cannot work. */
export function resolveOptions(options: CoreOptions): ResolvedOptions {
  const maxSizePerMsg = options.maxSizePerMsg ?? MIB;
  const resolved: ResolvedOptions = {
    id: options.id,
    electionTick: options.electionTick ?? 10,
    heartbeatTick: options.heartbeatTick ?? 1,
    applied: options.applied ?? 0,
    asyncStorage: options.asyncStorage ?? true,
    maxSizePerMsg,
    maxCommittedSizePerReady: options.maxCommittedSizePerReady ?? maxSizePerMsg,
    maxUncommittedSize: options.maxUncommittedSize ?? 64 * MIB,
    maxInflightMsgs: options.maxInflightMsgs ?? 64,
    maxInflightBytes: options.maxInflightBytes ?? Math.max(8 * MIB, maxSizePerMsg),
    checkQuorum: options.checkQuorum ?? true,
    preVote: options.preVote ?? true,
    readOnly: options.readOnly ?? 'safe',
    maxPendingReads: options.maxPendingReads ?? 65_536,
    disableProposalForwarding: options.disableProposalForwarding ?? false,
    stepDownOnRemoval: options.stepDownOnRemoval ?? true,
    disableConfChangeValidation: options.disableConfChangeValidation ?? false,
    confChangeNeedsCurrentTermCommit: options.confChangeNeedsCurrentTermCommit ?? false,
    rejectVotesFromStrangers: options.rejectVotesFromStrangers ?? false,
    unconfirmed: options.unconfirmed,
  };
  validate(resolved);
  return resolved.maxUncommittedSize === 0 ? { ...resolved, maxUncommittedSize: Infinity } : resolved;
}

function validate(options: ResolvedOptions): void {
  must(options.id !== NONE && !isLocalThread(options.id), 'id', options.id, 'not empty and no name of a local thread');
  positive(options, 'heartbeatTick', 1);
  positive(options, 'electionTick', options.heartbeatTick + 1);
  positive(options, 'applied', 0);
  positive(options, 'maxInflightMsgs', 1);
  positive(options, 'maxPendingReads', 1);
  atLeast(options, 'maxSizePerMsg', 0);
  atLeast(options, 'maxUncommittedSize', 0);
  must(options.maxCommittedSizePerReady > 0, 'maxCommittedSizePerReady', options.maxCommittedSizePerReady, 'above 0');
  const { maxInflightBytes, maxSizePerMsg } = options;
  const enough = maxInflightBytes === 0 || maxInflightBytes >= maxSizePerMsg;
  must(enough, 'maxInflightBytes', maxInflightBytes, `0 or at least maxSizePerMsg (${maxSizePerMsg})`);
  must(
    options.readOnly === 'safe' || options.checkQuorum,
    'readOnly',
    options.readOnly,
    'safe, unless checkQuorum is on',
  );
}

type NumberOption = {
  [K in keyof ResolvedOptions]-?: ResolvedOptions[K] extends number ? K : never;
}[keyof ResolvedOptions];

function positive(options: ResolvedOptions, name: NumberOption, least: number): void {
  const value = options[name];
  must(Number.isSafeInteger(value) && value >= least, name, value, `an integer of at least ${least}`);
}

function atLeast(options: ResolvedOptions, name: NumberOption, least: number): void {
  must(options[name] >= least, name, options[name], `at least ${least}`);
}

function must(condition: boolean, name: string, value: unknown, allowed: string): void {
  if (!condition) throw new TypeError(`${name}: ${JSON.stringify(value)} is not allowed, must be ${allowed}`);
}
