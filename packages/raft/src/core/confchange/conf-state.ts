import type { ConfState, NodeId } from '../types.ts';

const SEPARATOR = '\u0000';

function sameIds(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.toSorted().join(SEPARATOR) === b.toSorted().join(SEPARATOR);
}

/** Whether two states mean the same membership, whatever the order of their lists. */
export function confStatesEqual(a: ConfState, b: ConfState): boolean {
  return (
    a.autoLeave === b.autoLeave &&
    sameIds(a.voters, b.voters) &&
    sameIds(a.learners, b.learners) &&
    sameIds(a.votersOutgoing, b.votersOutgoing) &&
    sameIds(a.learnersNext, b.learnersNext)
  );
}

/** A membership without anybody. */
export const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** The membership of these voters and learners, not joint. */
export function confStateWith(voters: readonly NodeId[], learners: readonly NodeId[] = []): ConfState {
  return { ...EMPTY_CONF_STATE, voters: voters.toSorted(), learners: learners.toSorted() };
}
