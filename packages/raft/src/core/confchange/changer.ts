import { type CompareIds, compareCodeUnits, NONE } from '../ids.ts';
import { describeConfig, type TrackerConfig } from '../tracker/config.ts';
import { newProgress } from '../tracker/progress.ts';
import type { ProgressMap } from '../tracker/progress-tracker.ts';
import type { NodeId } from '../types.ts';
import type { ConfChangeStep } from './conf-change.ts';
import { ConfigDraft } from './draft.ts';
import { ConfChangeError } from './errors.ts';
import { checkInvariants } from './invariants.ts';

/** Where a change starts from. Nothing of it is altered. */
export interface ChangerOptions {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
  /** Last index of the leader's log: new members are probed from there. */
  readonly lastIndex: number;
  /** Messages in flight to a new member, at least 1. */
  readonly maxInflight: number;
  /** Bytes in flight to a new member; 0 means no bound. */
  readonly maxInflightBytes: number;
  readonly compareIds?: CompareIds;
}

/** Membership and progress after a change. */
export interface ChangeResult {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
}

/**
 * Computes memberships (raft dissertation 4). Pure: every method returns a new result or throws
 * {@link ConfChangeError}. Unknown ids to remove and members to add that are there already are no error.
 */
export class Changer {
  readonly #options: ChangerOptions;
  readonly #compare: CompareIds;

  constructor(options: ChangerOptions) {
    this.#options = options;
    this.#compare = options.compareIds ?? compareCodeUnits;
  }

  /** Steps that change at most one voter and any number of learners, outside a joint configuration. */
  simple(steps: readonly ConfChangeStep[]): ChangeResult {
    const draft = this.#draft();
    if (draft.isJoint) throw this.#error('RAFT_CONF_SIMPLE_IN_JOINT');
    const before = new Set(draft.incoming);
    this.#apply(draft, steps);
    if (differences(before, draft.incoming) > 1) throw this.#error('RAFT_CONF_MULTIPLE_VOTERS');
    return this.#finish(draft);
  }

  /** Enters the joint configuration of the present voters (outgoing) and those after `steps` (incoming). */
  enterJoint(autoLeave: boolean, steps: readonly ConfChangeStep[]): ChangeResult {
    const draft = this.#draft();
    if (draft.isJoint) throw this.#error('RAFT_CONF_ALREADY_JOINT');
    if (draft.incoming.size === 0) throw this.#error('RAFT_CONF_ZERO_VOTERS');
    draft.outgoing = new Set(draft.incoming);
    this.#apply(draft, steps);
    draft.autoLeave = autoLeave;
    return this.#finish(draft);
  }

  /** Leaves the joint configuration: the incoming half decides alone, members of neither half are forgotten. */
  leaveJoint(): ChangeResult {
    const draft = this.#draft();
    if (!draft.isJoint) throw this.#error('RAFT_CONF_NOT_JOINT');
    draft.leaveJoint();
    return this.#finish(draft);
  }

  #draft(): ConfigDraft {
    checkInvariants(this.#options.config, this.#options.progress);
    return new ConfigDraft(this.#options.config, this.#options.progress);
  }

  #apply(draft: ConfigDraft, steps: readonly ConfChangeStep[]): void {
    const { lastIndex, maxInflight, maxInflightBytes } = this.#options;
    const limits = { maxInflightMsgs: maxInflight, maxInflightBytes };
    for (const { kind, id } of steps) {
      if (id === NONE) continue;
      if (kind === 'addVoter') draft.addVoter(id, () => newProgress(id, lastIndex, false, limits));
      else if (kind === 'addLearner') draft.addLearner(id, () => newProgress(id, lastIndex, true, limits));
      else if (kind === 'removeNode') draft.remove(id);
    }
    if (draft.incoming.size === 0) throw this.#error('RAFT_CONF_REMOVED_ALL_VOTERS');
  }

  #finish(draft: ConfigDraft): ChangeResult {
    const result = { config: draft.config(this.#compare), progress: draft.progress };
    checkInvariants(result.config, result.progress);
    return result;
  }

  #error(code: ConstructorParameters<typeof ConfChangeError>[0]): ConfChangeError {
    return new ConfChangeError(code, describeConfig(this.#options.config));
  }
}

/** How many ids are in one set only. */
function differences(a: ReadonlySet<NodeId>, b: ReadonlySet<NodeId>): number {
  let common = 0;
  for (const id of a) if (b.has(id)) common++;
  return a.size + b.size - 2 * common;
}
