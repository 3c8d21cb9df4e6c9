import { DkronError } from '@dkron/runtime';
import type { NodeId } from '../core/types.ts';

/**
 * - `not_leader`: ask `details.leaderId` at `details.leaderAddress` (both `''` while nobody leads). Nothing happened.
 * - `leadership_lost`: the outcome is **unknown**: the entry may still be committed. Never repeat blindly what is not
 *   idempotent.
 * - `leadership_transfer`: leadership is being handed over; nothing happened, try the successor.
 * - `overloaded`: too much is under way; nothing happened, try again later.
 * - `disk_full`: the disk is nearly full; nothing happened.
 * - `entry_too_large`: above `maxEntryBytes`.
 * - `conf_change_refused`: the membership change was not made; `details.reason` says why.
 * - `conf_index_mismatch`: the membership is not the one that `prevIndex` names.
 * - `not_caught_up`: a learner did not reach the leader's log in time; it stays a learner.
 * - `transfer_failed`: the target did not take over within one election timeout, or cannot.
 * - `cant_bootstrap`: this server has state already, or is no voter of the record.
 * - `timeout`: no answer in time; for reads, nothing happened.
 * - `start_failed`: what is on disk does not fit together; the message says what to do.
 * - `recovery_refused`: `peers.json` cannot be obeyed.
 * - `snapshot_failed`: a snapshot could not be taken or restored.
 * - `stopped`: the node is not started, or stopped. `failed`: it met a fatal error; restart the process.
 */
export type RaftErrorCode =
  | 'not_leader'
  | 'leadership_lost'
  | 'leadership_transfer'
  | 'overloaded'
  | 'disk_full'
  | 'entry_too_large'
  | 'conf_change_refused'
  | 'conf_index_mismatch'
  | 'not_caught_up'
  | 'transfer_failed'
  | 'cant_bootstrap'
  | 'timeout'
  | 'start_failed'
  | 'recovery_refused'
  | 'snapshot_failed'
  | 'stopped'
  | 'failed';

/** Every failure that a caller of the node can meet. Misuse is a `TypeError` instead. */
export class RaftError extends DkronError<RaftErrorCode> {}

export function notLeader(leaderId: NodeId, leaderAddress: string): RaftError {
  const who =
    leaderId === '' ? 'nobody is known to lead' : `${leaderId} at ${leaderAddress || 'an unknown address'} leads`;
  return new RaftError('not_leader', `this server does not lead: ${who}`, { leaderId, leaderAddress });
}

export function leadershipLost(term: number): RaftError {
  return new RaftError('leadership_lost', `leadership of term ${term} was lost; the outcome is unknown`, { term });
}

export function stopped(): RaftError {
  return new RaftError('stopped', 'the raft node is not running', {});
}

export function failed(cause: Error): RaftError {
  return new RaftError('failed', `the raft node failed: ${cause.message}`, {}, { cause });
}

/** Anything that was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
