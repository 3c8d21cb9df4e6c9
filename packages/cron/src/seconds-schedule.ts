import type { EpochNanos } from '@dkron/runtime';
import { NANOS_PER_SECOND } from '@dkron/runtime';
import { END_SECOND, FIRST_SECOND } from './calendar.ts';
import type { Schedule, ScheduleKind } from './schedule.ts';

export function floorSeconds(ns: EpochNanos): number {
  const seconds = ns / NANOS_PER_SECOND;
  return Number(ns % NANOS_PER_SECOND < 0n ? seconds - 1n : seconds);
}

export function fromSeconds(seconds: number): EpochNanos {
  return BigInt(seconds) * NANOS_PER_SECOND;
}

/** A schedule whose ticks are whole seconds; everything follows from {@link nextSeconds}. */
export abstract class SecondsSchedule implements Schedule {
  abstract readonly kind: ScheduleKind;
  abstract readonly timezone: string | undefined;
  readonly graceNanos = 0n;
  readonly resolved: string;
  /** In which local times are shown. */
  readonly zone: string;

  constructor(resolved: string, zone: string) {
    this.resolved = resolved;
    this.zone = zone;
  }

  abstract nextSeconds(afterSeconds: number): number;

  next(after: EpochNanos): EpochNanos | undefined {
    const seconds = this.nextSeconds(floorSeconds(after));
    return Number.isNaN(seconds) ? undefined : fromSeconds(seconds);
  }

  previous(before: EpochNanos): EpochNanos | undefined {
    const seconds = this.previousSeconds(-floorSeconds(-before));
    return Number.isNaN(seconds) ? undefined : fromSeconds(seconds);
  }

  /** The latest tick before `before` (whole seconds), or NaN: widens the view backwards, then halves it. */
  previousSeconds(before: number): number {
    const limit = Math.min(before, END_SECOND);
    let low = limit;
    for (let width = 1; !(this.nextSeconds(low) < limit); width *= 2) {
      if (low < FIRST_SECOND) return NaN;
      low = Math.max(limit - width, FIRST_SECOND - 1);
    }
    let high = limit;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.nextSeconds(middle) < limit) low = middle;
      else high = middle;
    }
    return this.nextSeconds(low);
  }
}
