import { parseSchedule } from '@dkron/cron';
import type { Schedule } from '@dkron/cron';
import type { JobDefinition } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';

const ENTRIES_MAX = 20_000;

/** A compiled schedule that remembers its last answer: jobs due together ask the same question. */
export class SharedSchedule {
  readonly schedule: Schedule;
  #after: EpochNanos | undefined;
  #next: EpochNanos | undefined;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  /** First tick strictly later than `after`. */
  nextAfter(after: EpochNanos): EpochNanos | undefined {
    if (after !== this.#after) {
      this.#next = this.schedule.next(after);
      this.#after = after;
    }
    return this.#next;
  }
}

/** One compiled form per distinct (text, zone, options); a bounded cache, so it costs jobs nothing. */
export class Schedules {
  #defaultTimezone: string;
  readonly #entries = new Map<string, SharedSchedule>();
  /** Has a schedule that depends on its text, zone and options alone. */
  #latest: JobDefinition | undefined;
  #latestSchedule: SharedSchedule | undefined;

  constructor(defaultTimezone: string) {
    this.#defaultTimezone = defaultTimezone;
  }

  /** What was compiled for another zone is forgotten. */
  useTimezone(defaultTimezone: string): void {
    if (defaultTimezone === this.#defaultTimezone) return;
    this.#defaultTimezone = defaultTimezone;
    this.#entries.clear();
    this.#latest = undefined;
  }

  /**
   * @param anchor phase of `@every`
   * @throws the parser's error when the text or zone cannot be read
   */
  of(definition: JobDefinition, anchor: EpochNanos): SharedSchedule {
    if (this.#latest !== undefined && readsAlike(definition, this.#latest)) return this.#latestSchedule!;
    const key = keyOf(definition, anchor);
    const known = this.#entries.get(key);
    if (known !== undefined) return this.#remember(definition, known);
    const made = new SharedSchedule(
      parseSchedule(definition.schedule, {
        jobName: definition.name,
        timezone: definition.timezone,
        defaultTimezone: this.#defaultTimezone,
        anchor,
        dstGap: definition.dstGap,
        dstOverlap: definition.dstOverlap,
      }),
    );
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(key, made);
    return this.#remember(definition, made);
  }

  /** Jobs due together often have one schedule: the next question is likely to be the same. */
  #remember(definition: JobDefinition, shared: SharedSchedule): SharedSchedule {
    if (DEPENDS_ON_JOB.test(definition.schedule)) return shared;
    this.#latest = definition;
    this.#latestSchedule = shared;
    return shared;
  }
}

/** The anchor is the phase of `@every`, the name that of `~`. */
const DEPENDS_ON_JOB = /@every|~/u;

function readsAlike(one: JobDefinition, other: JobDefinition): boolean {
  return (
    one.schedule === other.schedule &&
    one.timezone === other.timezone &&
    one.dstGap === other.dstGap &&
    one.dstOverlap === other.dstOverlap
  );
}

/** Leaves out what the text does not depend on, so that most jobs share. */
function keyOf(definition: JobDefinition, anchor: EpochNanos): string {
  const text = definition.schedule;
  const anchored = text.includes('@every') ? String(anchor) : '';
  const named = text.includes('~') ? definition.name : '';
  return `${text}\0${definition.timezone}\0${definition.dstGap}\0${definition.dstOverlap}\0${anchored}\0${named}`;
}
