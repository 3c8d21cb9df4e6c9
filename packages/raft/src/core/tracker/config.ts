import { type CompareIds, compareCodeUnits } from '../ids.ts';
import { JointConfig } from '../quorum/joint.ts';
import type { ConfState, NodeId } from '../types.ts';

/** Membership in force. Immutable; lists are sorted. `learnersNext` is part of the outgoing half. */
export interface TrackerConfig {
  readonly voters: JointConfig;
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
}

export function emptyConfig(compare: CompareIds = compareCodeUnits): TrackerConfig {
  return { voters: new JointConfig([], [], compare), learners: [], learnersNext: [], autoLeave: false };
}

/** The same membership as it is stored in snapshots. */
export function confStateOf(config: TrackerConfig): ConfState {
  return {
    voters: config.voters.incoming.ids,
    learners: config.learners,
    votersOutgoing: config.voters.outgoing.ids,
    learnersNext: config.learnersNext,
    autoLeave: config.autoLeave,
  };
}

/** One line, for example `voters=(1 2)&&(3) learners=(4) learners_next=(3) autoleave`. */
export function describeConfig(config: TrackerConfig): string {
  let text = `voters=${config.voters.toString()}`;
  if (config.learners.length > 0) text += ` learners=(${config.learners.join(' ')})`;
  if (config.learnersNext.length > 0) text += ` learners_next=(${config.learnersNext.join(' ')})`;
  if (config.autoLeave) text += ' autoleave';
  return text;
}
