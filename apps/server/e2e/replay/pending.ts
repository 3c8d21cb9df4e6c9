/** Recordings, or places in them, that are not replayed yet, and why. The test prints them. */
export interface Pending {
  readonly file: string;
  /** Positions in `exchanges`; absent = the whole file. */
  readonly at?: readonly number[];
  readonly reason: string;
}

export const PENDING: readonly Pending[] = [
  { file: 'agent-node', reason: 'needs a server and an agent in one scenario' },
];
