import { END_SECOND } from './calendar.ts';
import { SecondsSchedule } from './seconds-schedule.ts';

/** `@every`: tick n ≥ 1 is `anchor + n × delay`; knows no zone. */
export class EverySchedule extends SecondsSchedule {
  readonly kind = 'every';
  readonly timezone = undefined;
  /** Whole seconds, at least 1. */
  readonly delaySeconds: number;
  readonly anchorSeconds: number;

  constructor(resolved: string, zone: string, delaySeconds: number, anchorSeconds: number) {
    super(resolved, zone);
    this.delaySeconds = delaySeconds;
    this.anchorSeconds = anchorSeconds;
  }

  override nextSeconds(afterSeconds: number): number {
    const passed = Math.floor((afterSeconds - this.anchorSeconds) / this.delaySeconds);
    const tick = this.anchorSeconds + (passed < 0 ? 1 : passed + 1) * this.delaySeconds;
    return tick < END_SECOND ? tick : NaN;
  }

  override previousSeconds(before: number): number {
    const limit = Math.min(before, END_SECOND);
    const n = Math.ceil((limit - this.anchorSeconds) / this.delaySeconds) - 1;
    return n < 1 ? NaN : this.anchorSeconds + n * this.delaySeconds;
  }

  /** Ticks in (after, until], both whole seconds. */
  count(after: number, until: number): number {
    const upTo = (at: number): number =>
      Math.max(0, Math.floor((Math.min(at, END_SECOND - 1) - this.anchorSeconds) / this.delaySeconds));
    return Math.max(0, upTo(until) - upTo(after));
  }
}
