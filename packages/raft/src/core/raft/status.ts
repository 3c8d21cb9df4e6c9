import { confStateOf } from '../tracker/config.ts';
import { type ProgressView, viewProgress } from '../tracker/view.ts';
import type { ConfState, NodeId } from '../types.ts';
import type { RaftState, Role } from './state.ts';

/** State of a server at one moment, without its peers. */
export interface BasicStatus {
  readonly id: NodeId;
  readonly term: number;
  readonly vote: NodeId;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly lead: NodeId;
  readonly role: Role;
  readonly isLearner: boolean;
  readonly leadTransferee: NodeId;
  /** A leader appends no membership change before it has applied up to here. */
  readonly pendingConfIndex: number;
}

/** Voters in one or two halves, and learners. */
export interface ConfigView {
  /** Incoming and outgoing half; the latter is empty unless joint. */
  readonly voters: readonly [readonly NodeId[], readonly NodeId[]];
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
}

/** State of a server with what it knows of its peers. */
export interface Status extends BasicStatus {
  readonly config: ConfigView;
  readonly confState: ConfState;
  /** In id order; empty unless this server leads. */
  readonly peers: readonly ProgressView[];
}

export function basicStatusOf(r: RaftState): BasicStatus {
  return {
    id: r.id,
    term: r.term,
    vote: r.vote,
    commit: r.log.committed,
    applied: r.log.applied,
    lastIndex: r.log.lastIndex(),
    lead: r.lead,
    role: r.role,
    isLearner: r.isLearner,
    leadTransferee: r.leadTransferee,
    pendingConfIndex: r.pendingConfIndex,
  };
}

export function statusOf(r: RaftState): Status {
  const { voters, learners, learnersNext, autoLeave } = r.tracker.config;
  return {
    ...basicStatusOf(r),
    config: { voters: [voters.incoming.ids, voters.outgoing.ids], learners, learnersNext, autoLeave },
    confState: confStateOf(r.tracker.config),
    peers: r.role === 'leader' ? r.tracker.peers.map(viewProgress) : [],
  };
}
