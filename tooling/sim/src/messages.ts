import type { Plan, PlanLimits, SimulationFailure, SimulationResult } from '@dkron/raft/testing';

/** What a worker is told. Plain data: it crosses a thread. */
export interface WorkerTask {
  /** Module to take the simulator from; a mutated copy, or the package. */
  readonly module: string;
  readonly limits: PlanLimits;
  /** Voters by turns of seeds; empty: drawn. */
  readonly nodes: readonly number[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** This worker takes every `workers`-th seed, beginning with this one. */
  readonly offset: number;
  readonly workers: number;
  /** Run every seed twice and compare. */
  readonly twice: boolean;
  /** End at the first failure. */
  readonly stopAtFailure: boolean;
  /** Cut failing plans down. */
  readonly shrink: boolean;
  readonly withMarks: boolean;
}

/** A seed that failed, with what is needed to see it again. */
export interface FailedSeed {
  readonly failure: SimulationFailure;
  readonly plan: Plan;
  readonly shrunk: { readonly plan: Plan; readonly failure: SimulationFailure; readonly runs: number } | undefined;
}

/** What a worker is told to run whole nodes. Plain data. */
export interface DriverTask {
  readonly module: string;
  readonly firstSeed: number;
  readonly seeds: number;
  readonly offset: number;
  readonly workers: number;
  readonly twice: boolean;
  readonly stopAtFailure: boolean;
}

/** What a worker answers for each seed. */
export interface SeedReport {
  readonly result: SimulationResult;
  readonly failed: FailedSeed | undefined;
}

/** The names of all marks, sent first. */
export interface MarksReport {
  readonly allMarks: readonly string[];
}
