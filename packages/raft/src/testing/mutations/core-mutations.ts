import { ELECTION_MUTATIONS } from './elections.ts';
import { MEMBERSHIP_MUTATIONS } from './membership.ts';
import type { Mutation } from './mutation.ts';
import { REPLICATION_MUTATIONS } from './replication.ts';

/** Every defect, each of which the simulator should find. */
export const CORE_MUTATIONS: readonly Mutation[] = [
  ...ELECTION_MUTATIONS,
  ...REPLICATION_MUTATIONS,
  ...MEMBERSHIP_MUTATIONS,
];
