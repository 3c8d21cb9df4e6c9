import { entryTypeOf, type ConfChange } from '../core/confchange/conf-change.ts';
import { encodeConfChange } from '../core/confchange/codec.ts';
import type { ConfChangeRefusal } from '../core/events.ts';
import type { ConfState, Entry, NodeId } from '../core/types.ts';
import { changedConf } from './changed-conf.ts';
import { leadershipLost, notLeader, RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { transferring } from './proposals.ts';

interface Waiting {
  readonly term: number;
  readonly resolve: (conf: ConfState) => void;
  readonly reject: (error: Error) => void;
}

/** Conditions of a membership change. */
export interface ChangeOptions {
  /**
   * The change is made only if the membership is still that of this index (`getConfiguration().index`). Exact: the core
   * takes no change while another is in the log and not applied, so none can come between.
   */
  readonly prevIndex?: number;
  /**
   * The change is made only if it leaves a majority that is alive: of the new voters (and of the old ones, if it is made
   * through a joint configuration) more than half have answered this leader within an election timeout. @default false
   */
  readonly keepQuorum?: boolean;
}

const REASONS: Record<ConfChangeRefusal, string> = {
  pendingChange: 'another change is under way',
  mustLeaveJoint: 'the joint configuration must be left first',
  notJoint: 'there is no joint configuration to leave',
  noCommitInTerm: 'nothing of this term is committed yet',
  malformed: 'the change is malformed',
};

/** Membership changes from the call until they are in force. One at a time: the core refuses a second. */
export class Membership {
  readonly #host: Host;
  readonly #waiting = new Map<number, Waiting>();
  /** Changes that are in force as joint configurations, until those are left. */
  #joint: Waiting[] = [];
  #refusal: ConfChangeRefusal | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The core put an empty entry in the place of a change. */
  refused(reason: ConfChangeRefusal): void {
    this.#refusal = reason;
  }

  /** Resolves with the membership once the change is in force and, unless it is to be left explicitly, no joint one. */
  propose(change: ConfChange, options: ChangeOptions = {}): Promise<ConfState> {
    const { core, members } = this.#host;
    const { role, lead, leadTransferee, term } = core.basicStatus();
    if (role !== 'leader') throw notLeader(lead, this.#host.address(lead));
    if (leadTransferee !== '') throw transferring();
    if (options.prevIndex !== undefined && options.prevIndex !== members.index) {
      const text = `the membership is that of index ${members.index}, not of ${options.prevIndex}; look at it again`;
      throw new RaftError('conf_index_mismatch', text, { index: members.index, prevIndex: options.prevIndex });
    }
    if (options.keepQuorum === true) this.#checkQuorum(change);
    this.#refusal = undefined;
    const proposed = { type: entryTypeOf(change), data: encodeConfChange(change) };
    if (this.#host.attempt(() => core.proposeEntries([proposed])) !== 'ok')
      throw new RaftError('overloaded', 'too much is under way; the membership was not changed', {});
    const refusal = this.#takeRefusal();
    this.#host.schedule();
    if (refusal !== undefined) throw refusedFor(refusal);
    const index = core.log.lastIndex();
    return new Promise((resolve, reject) => this.#waiting.set(index, { term, resolve, reject }));
  }

  /** A membership entry was applied here: what came of it. */
  applied(entry: Entry, outcome: ConfState | Error): void {
    const waiting = this.#waiting.get(entry.index);
    this.#waiting.delete(entry.index);
    if (waiting !== undefined) {
      if (waiting.term !== entry.term) waiting.reject(leadershipLost(waiting.term));
      else if (outcome instanceof Error) waiting.reject(outcome);
      else if (outcome.votersOutgoing.length > 0 && outcome.autoLeave) this.#joint.push(waiting);
      else waiting.resolve(outcome);
    }
    if (outcome instanceof Error || outcome.votersOutgoing.length > 0) return;
    for (const { resolve } of this.#joint.splice(0)) resolve(outcome);
  }

  /** @param error - by default, that leadership was lost: changes under way may still be made by another leader */
  close(error?: Error): void {
    const all = [...this.#waiting.values(), ...this.#joint];
    this.#waiting.clear();
    this.#joint = [];
    for (const { term, reject } of all) reject(error ?? leadershipLost(term));
  }

  #checkQuorum(change: ConfChange): void {
    const { core, members, modules, electionMs } = this.#host;
    const { voters, votersOutgoing } = changedConf(members.conf, change);
    const sinceMs = modules.clock.monotonicMs() - electionMs;
    const silent = (ids: readonly NodeId[]): NodeId[] =>
      ids.filter((id) => id !== core.id && this.#host.ackedMs(id) < sinceMs);
    for (const half of [voters, votersOutgoing]) {
      const missing = silent(half);
      if (missing.length === 0 || missing.length * 2 < half.length) continue;
      const text = `the membership was not changed: of the voters ${half.join(', ')} that decide then, ${missing.join(', ')} did not answer within ${electionMs} ms`;
      throw new RaftError('conf_change_refused', text, { reason: 'quorumNotAlive', voters: half, missing });
    }
  }

  #takeRefusal(): ConfChangeRefusal | undefined {
    return this.#refusal;
  }
}

/** A change of somebody who is no member. */
export function unknownMember(id: NodeId): RaftError {
  return new RaftError('conf_change_refused', `server ${id} is no member; add it first`, {
    reason: 'unknownMember',
    id,
  });
}

/** A server with another birth is another server. */
export function otherBirth(id: NodeId, birth: string): RaftError {
  const text = `server ${id} has birth ${birth}; remove it before another takes its name`;
  return new RaftError('conf_change_refused', text, { reason: 'otherBirth', id, birth });
}

function refusedFor(reason: ConfChangeRefusal): RaftError {
  return new RaftError('conf_change_refused', `the membership was not changed: ${REASONS[reason]}`, { reason });
}
