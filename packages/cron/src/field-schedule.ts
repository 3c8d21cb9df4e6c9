import { END_SECOND, FIRST_SECOND, SECONDS_PER_DAY } from './calendar.ts';
import type { FieldSet } from './fields.ts';
import { LocalTimes } from './local-times.ts';
import { earlierPass, firstGap, laterPass } from './passes.ts';
import { SecondsSchedule } from './seconds-schedule.ts';
import type { ZoneOffsets } from './zone-offsets.ts';

/** More than the distance between any two offsets (+15:13 to -15:13): a clock set back repeats no more than this. */
const MAX_SETBACK = 2 * SECONDS_PER_DAY;

export interface FieldScheduleOptions {
  readonly resolved: string;
  readonly zone: string;
  readonly dstGap: 'skip' | 'after';
  readonly dstOverlap: 'both' | 'first' | 'last';
}

/** Six fields in a zone: due is each instant whose local reading matches. */
export class FieldSchedule extends SecondsSchedule {
  readonly kind = 'fields';
  readonly timezone: string;
  readonly times: LocalTimes;
  readonly fields: readonly FieldSet[];
  readonly offsets: ZoneOffsets;
  readonly dstGap: 'skip' | 'after';
  readonly dstOverlap: 'both' | 'first' | 'last';

  constructor(options: FieldScheduleOptions, fields: readonly FieldSet[], offsets: ZoneOffsets) {
    super(options.resolved, options.zone);
    this.timezone = options.zone;
    this.times = new LocalTimes(fields);
    this.fields = fields;
    this.offsets = offsets;
    this.dstGap = options.dstGap;
    this.dstOverlap = options.dstOverlap;
  }

  override nextSeconds(afterSeconds: number): number {
    if (this.times.never || !(afterSeconds < END_SECOND)) return NaN;
    const from = afterSeconds < FIRST_SECOND ? FIRST_SECOND : Math.floor(afterSeconds) + 1;
    const due = this.dstOverlap === 'both' ? this.matchFrom(from) : this.#onePassFrom(from);
    if (this.dstGap === 'skip') return due;
    const gap = firstGap(this.offsets, this.times, from, due < END_SECOND ? due : END_SECOND);
    return Number.isNaN(gap) ? due : gap;
  }

  /** The first instant at or after `from` whose reading matches. */
  matchFrom(from: number): number {
    let at = from;
    while (at < END_SECOND) {
      const span = this.offsets.spanAt(at);
      const reading = this.times.next(at + span.offset);
      const due = reading - span.offset;
      if (due < span.end) return due < END_SECOND ? due : NaN;
      at = span.end;
      // Readings before `from`'s own can come again only within MAX_SETBACK; then nothing matches before `reading`.
      if (at >= from + MAX_SETBACK) at = Math.max(at, reading - MAX_SETBACK);
    }
    return NaN;
  }

  #onePassFrom(from: number): number {
    const search = this.dstOverlap === 'first' ? earlierPass : laterPass;
    let due = this.matchFrom(from);
    while (due < END_SECOND) {
      const resume = search(this.offsets, due);
      if (Number.isNaN(resume)) return due;
      due = this.matchFrom(resume);
    }
    return NaN;
  }
}
