import { parseGoDuration } from '@dkron/cron';
import { selectTargets } from '@dkron/jobs';
import type {
  JobDefinition,
  JobPlan,
  JobState,
  Member,
  NodeName,
  PassedTicks,
  Stamp,
  StoredJob,
  SubmittedState,
} from '@dkron/jobs';
import { messageOf, NANOS_PER_SECOND, ZERO_TIME } from '@dkron/runtime';
import type { EpochNanos, Random } from '@dkron/runtime';
import { rangeOf } from './count.ts';
import { Schedules } from './schedules.ts';
import type { SharedSchedule } from './schedules.ts';

/** Settings of the planner. */
export interface PlannerOptions {
  /** Zone of jobs without one, IANA name; `schedules.useTimezone` changes it. Default `UTC`. */
  readonly defaultTimezone?: string;
  /** Only members of this region get work. */
  readonly region: string;
}

/** Computes on the leader what apply must not: next ticks, passed ranges, targets. Keeps nothing but compiled schedules. */
export class Planner {
  readonly schedules: Schedules;
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.schedules = new Schedules(options.defaultTimezone ?? 'UTC');
  }

  /** The timetable part of a create or replace. `stamp` is the command's. Never throws: see `problem`. */
  planPut(definition: JobDefinition, submitted: SubmittedState, stored: StoredJob | undefined, stamp: Stamp): JobPlan {
    const textChanged = stored === undefined || stored.definition.schedule !== definition.schedule;
    const anchor = textChanged ? (stamp / NANOS_PER_SECOND) * NANOS_PER_SECOND : stored.state.anchor;
    if (!hasTimetable(definition)) return this.#idle(definition, stored, submitted, stamp, anchor, textChanged, '');
    const shared = this.#read(definition, anchor);
    if (typeof shared === 'string') {
      return this.#idle(definition, stored, submitted, stamp, anchor, textChanged, shared);
    }
    const { decidedUpTo, passed } = textChanged
      ? { decidedUpTo: startOf(shared, stamp), passed: null }
      : continuation(shared, definition, stored, stamp);
    return {
      next: this.#next(definition, shared, stored, submitted, stamp, textChanged),
      nextTick: definition.disabled ? null : (shared.nextAfter(decidedUpTo) ?? null),
      decidedUpTo,
      anchor,
      passed,
      problem: '',
    };
  }

  /** The timetable part of setting `disabled` on a stored job. */
  planToggle(stored: StoredJob, disabled: boolean, stamp: Stamp): JobPlan {
    const { state } = stored;
    const submitted: SubmittedState = { ...state, next: ZERO_TIME, dependentJobs: null };
    return this.planPut({ ...stored.definition, disabled }, submitted, stored, stamp);
  }

  /** The ticks to come of a job whose state was saved earlier: everything up to `stamp` counts as decided. */
  planRestored({ definition, state }: StoredJob, stamp: Stamp): Pick<JobState, 'nextTick' | 'decidedUpTo'> {
    const decidedUpTo = later(state.decidedUpTo, stamp);
    const shared = state.nextTick === null ? '' : this.#read(definition, state.anchor);
    return { nextTick: typeof shared === 'string' ? null : (shared.nextAfter(decidedUpTo) ?? null), decidedUpTo };
  }

  /**
   * The next instant of a job's schedule, whether or not it would run then: what a run by hand shows as `next`. Zero
   * without any; the stored value for a job that is not in the timetable.
   */
  nextActivation({ definition, state }: StoredJob, now: EpochNanos): EpochNanos {
    if (!hasTimetable(definition) || definition.disabled) return state.next;
    const shared = this.#read(definition, state.anchor);
    return typeof shared === 'string' ? state.next : (shared.nextAfter(now) ?? ZERO_TIME);
  }

  /** Whether this version and its zone data read a stored job otherwise than its state says: then plan it anew. */
  isOutdated({ definition, state }: StoredJob): boolean {
    if (!hasTimetable(definition)) return false;
    const unreadable = typeof this.#read(definition, state.anchor) === 'string';
    return unreadable !== (state.problem !== '');
  }

  /** The compiled schedule, or why the job cannot be scheduled. */
  #read(definition: JobDefinition, anchor: EpochNanos): SharedSchedule | string {
    try {
      if (definition.catchup !== 'skip') parseGoDuration(definition.catchupWindow);
      return this.schedules.of(definition, anchor);
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Names of the nodes that a run starts on, freshly drawn; empty when none matches. */
  planTargets(definition: JobDefinition, members: readonly Member[], random: Random): readonly NodeName[] {
    return selectTargets(definition.tags, members, this.#options.region, random).map((member) => member.name);
  }

  #idle(
    definition: JobDefinition,
    stored: StoredJob | undefined,
    submitted: SubmittedState,
    stamp: Stamp,
    anchor: EpochNanos,
    textChanged: boolean,
    problem: string,
  ): JobPlan {
    const next = this.#next(definition, undefined, stored, submitted, stamp, textChanged);
    const decidedUpTo = textChanged ? stamp : stored!.state.decidedUpTo;
    return { next, nextTick: null, decidedUpTo, anchor, passed: null, problem };
  }

  /** The original's stored `next`, with the zone it forgets. */
  #next(
    definition: JobDefinition,
    shared: SharedSchedule | undefined,
    stored: StoredJob | undefined,
    submitted: SubmittedState,
    stamp: Stamp,
    textChanged: boolean,
  ): EpochNanos {
    if (!textChanged) return later(stored!.state.next, submitted.next);
    // Recorded: a new child compares equal to "nothing stored", so the absent time of the store shows through.
    if (stored === undefined && definition.schedule === '') return later(0n, submitted.next);
    if (definition.startsAt !== null && definition.startsAt > stamp) return definition.startsAt;
    return shared?.nextAfter(startOf(shared, stamp)) ?? ZERO_TIME;
  }
}

/** Children, and jobs without a schedule, start only by their parent or by hand. */
export function hasTimetable(definition: JobDefinition): boolean {
  return definition.schedule !== '' && definition.parentJob === '';
}

/** Up to where a schedule text set at `stamp` counts as decided: `@after` inside its grace is due at once. */
function startOf(shared: SharedSchedule, stamp: Stamp): EpochNanos {
  const due = dueWithinGrace(shared, stamp);
  return due === undefined ? stamp : due - 1n;
}

function dueWithinGrace({ schedule }: SharedSchedule, stamp: Stamp): EpochNanos | undefined {
  if (schedule.kind !== 'after') return undefined;
  const tick = schedule.previous(stamp + 1n);
  return tick !== undefined && stamp <= tick + schedule.graceNanos ? tick : undefined;
}

interface Continuation {
  readonly decidedUpTo: EpochNanos;
  readonly passed: PassedTicks | null;
}

/** The same schedule text goes on: what was passed over while the job could not run becomes one range. */
function continuation(
  shared: SharedSchedule,
  definition: JobDefinition,
  stored: StoredJob,
  stamp: Stamp,
): Continuation {
  const { state, definition: before } = stored;
  const kept = { decidedUpTo: state.decidedUpTo, passed: null };
  if (definition.disabled) return kept;
  const reason = before.disabled ? 'disabled' : isExpired(stored) ? 'expired' : undefined;
  const due = dueWithinGrace(shared, stamp);
  if (due !== undefined) return kept;
  if (reason !== undefined) {
    const range = rangeOf(shared.schedule, state.decidedUpTo, stamp);
    return range === undefined ? kept : { decidedUpTo: stamp, passed: { reason, ...range } };
  }
  // Was a child, had a problem, or reads its text in another zone now: the past of the new reading is nobody's.
  const idled = !hasTimetable(before) || state.problem !== '';
  const reread =
    before.timezone !== definition.timezone ||
    before.dstGap !== definition.dstGap ||
    before.dstOverlap !== definition.dstOverlap;
  if (!idled && !(reread && shared.schedule.kind === 'fields')) return kept;
  return { decidedUpTo: later(state.decidedUpTo, stamp), passed: null };
}

/** Left the timetable for `expires_at`; an expiry still ahead has passed over nothing. */
function isExpired({ definition, state }: StoredJob): boolean {
  return definition.expiresAt !== null && state.nextTick === null && state.decidedUpTo > definition.expiresAt;
}

function later(a: EpochNanos, b: EpochNanos): EpochNanos {
  return a > b ? a : b;
}
