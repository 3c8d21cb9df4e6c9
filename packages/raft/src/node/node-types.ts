import type { ConfChangeStep, ConfChangeTransition } from '../core/confchange/conf-change.ts';
import type { Status } from '../core/raft/status.ts';
import type { ConfState, NodeId } from '../core/types.ts';
import type { Member, MemberInfo } from './members.ts';
import type { ChangeOptions } from './membership.ts';

/** What is known of a server that is added. */
export interface AddOptions extends ChangeOptions, MemberInfo {
  /** How long a learner may take to catch up before it is made voter. @default 300,000 */
  readonly timeoutMs?: number;
}

/** One step of `changeMembers`. */
export interface MemberStep extends MemberInfo {
  readonly kind: 'addVoter' | 'addNonvoter' | 'remove';
  readonly id: NodeId;
}

/** How several members change at once. */
export interface ChangeMembersOptions extends ChangeOptions {
  /** `auto`: simple for one step, else joint and left by itself; `explicit`: joint until `leaveJoint`. @default 'auto' */
  readonly transition?: ConfChangeTransition;
}

/** Membership in force. */
export interface Configuration {
  /** Index of the entry that made it; for `prevIndex`. */
  readonly index: number;
  readonly conf: ConfState;
  readonly members: readonly Member[];
}

/** State of a node at one moment. */
export interface NodeStats extends Status {
  readonly running: boolean;
  readonly clusterId: string;
  readonly leaderAddress: string;
  readonly pendingProposals: number;
  readonly unsyncedBytes: number;
  readonly snapshotIndex: number;
  readonly firstIndex: number;
  readonly leadershipValid: boolean;
}

/** A step as the core knows it. */
export function toCoreStep({ kind, id }: MemberStep): ConfChangeStep {
  return { kind: kind === 'remove' ? 'removeNode' : kind === 'addVoter' ? 'addVoter' : 'addLearner', id };
}
