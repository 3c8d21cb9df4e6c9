import type { NodeId } from '../types.ts';

/** Outcome of an election so far: won, lost (can no longer be won), or still open. */
export type VoteResult = 'VotePending' | 'VoteLost' | 'VoteWon';

/** Highest index that a voter has acknowledged; `undefined` if it has not been heard of. */
export type AckedIndex = (id: NodeId) => number | undefined;

/** Commit index of a majority of nobody: no bound. Rendered `∞`. */
export const INFINITE_INDEX: number = Number.MAX_SAFE_INTEGER;
