import type { PlanLimits } from '../plan/draw-plan.ts';
import type { Mutation } from './mutations.ts';

/** What one thread is to do. */
export interface SeedsTask {
  readonly firstSeed: number;
  readonly seeds: number;
  /** This thread takes each `workers`-th seed from its `offset` on. */
  readonly workers: number;
  readonly offset: number;
  /** Every so many seeds one runs twice, to compare; 0 = none. */
  readonly twiceEvery: number;
  readonly limits: PlanLimits;
  /** A defect to put into the code. */
  readonly mutation?: Mutation;
}

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly entries: number;
  readonly executions: number;
  readonly runs: number;
  readonly hash: string;
  readonly twice: boolean;
  /** Processor time of this thread. */
  readonly cpuMs: number;
  readonly failure: { readonly invariant: string; readonly message: string; readonly timeMs: number } | undefined;
  readonly marks: readonly (readonly [string, number])[];
}
