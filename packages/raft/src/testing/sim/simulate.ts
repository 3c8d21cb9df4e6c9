import type { Checker } from '../check/checker.ts';
import { allCheckers } from '../check/all-checkers.ts';
import { Violation } from '../check/violation.ts';
import { Watch } from '../check/watch.ts';
import { Cluster } from './cluster.ts';
import { endPhase } from './end-phase.ts';
import { History } from './history.ts';
import { type Plan, UNITS_PER_TICK } from './plan.ts';
import { perform } from './script.ts';
import { Label, World } from './world.ts';

/** What came of a run. */
export interface SimulationResult {
  readonly seed: number;
  /** Calls of cores. */
  readonly steps: number;
  /** Stands for everything that happened: equal for equal plans. */
  readonly hash: string;
  readonly failure: SimulationFailure | undefined;
  /** Marks that were reached; those of the core only if they were asked for. */
  readonly marks: readonly string[];
  readonly operations: number;
  /** No leader can be elected any more, because a leader was removed at a bad moment: a known gap. */
  readonly stranded: boolean;
  /** Histories of clients, one for each key, and those of them that took too long to be judged. */
  readonly histories: number;
  readonly unknownHistories: number;
}

/** Why a run failed. */
export interface SimulationFailure {
  /** Name of the checker, or `assertion` for a broken invariant inside the core, or `error`. */
  readonly checker: string;
  readonly message: string;
  /** Simulated time, in units, and calls of cores until then. */
  readonly time: number;
  readonly steps: number;
}

export interface SimulationOptions {
  /** Checkers of this run; default all. */
  readonly checkers?: readonly Checker[];
  /** Whether marks of the core are collected; costs time. */
  readonly withMarks?: boolean;
}

/** Calls of cores after which a run is given up as endless, beyond those of its plan. */
const END_STEPS = 400_000;

/** Runs a plan: a phase with faults, then one in which the cluster must come to an agreement. Never throws. */
export function simulate(plan: Plan, options: SimulationOptions = {}): SimulationResult {
  const watch = new Watch(options.checkers ?? allCheckers());
  const history = new History();
  const world = new World(plan, watch, history, options.withMarks ?? false);
  let failure: SimulationFailure | undefined;
  try {
    run(world);
  } catch (error) {
    failure = { ...describe(error), time: world.time, steps: world.steps };
    world.hash.addText(failure.message);
  }
  return {
    seed: plan.seed,
    steps: world.steps,
    hash: world.hash.toString(),
    failure,
    marks: [...world.marks].sort(),
    operations: history.operations,
    stranded: world.stranded,
    histories: history.count,
    unknownHistories: history.unknown,
  };
}

function run(world: World): void {
  const { plan } = world;
  const cluster = new Cluster(world);
  for (const event of plan.script) {
    world.after(event.at, Label.script, () => {
      if (!world.healed) perform(cluster, event);
    });
  }
  world.runUntil(plan.ticks * UNITS_PER_TICK, () => world.steps >= plan.maxSteps);
  world.stopAt = world.steps + END_STEPS;
  endPhase(cluster);
}

function describe(error: unknown): { checker: string; message: string } {
  if (error instanceof Violation) return { checker: error.details.checker, message: error.message };
  const { name, message, stack } = error as Error;
  if (name === 'AssertionError') return { checker: 'assertion', message };
  return { checker: 'error', message: stack ?? message };
}
