import type { EpochNanos } from '@dkron/runtime';
import { floorSeconds } from './seconds-schedule.ts';
import type { Schedule } from './schedule.ts';

/** `@at` and `@after` (one tick), `@manually` (none). */
export class OnceSchedule implements Schedule {
  readonly kind: 'at' | 'after' | 'manually';
  readonly timezone = undefined;
  readonly resolved: string;
  readonly graceNanos: bigint;
  /** In which local times are shown. */
  readonly zone: string;
  readonly #tick: EpochNanos | undefined;

  constructor(kind: 'at' | 'after' | 'manually', resolved: string, zone: string, tick?: EpochNanos, graceNanos = 0n) {
    this.kind = kind;
    this.resolved = resolved;
    this.zone = zone;
    this.graceNanos = graceNanos;
    this.#tick = tick;
  }

  next(after: EpochNanos): EpochNanos | undefined {
    return this.#tick !== undefined && this.#tick > after ? this.#tick : undefined;
  }

  nextSeconds(afterSeconds: number): number {
    if (this.#tick === undefined) return NaN;
    const seconds = -floorSeconds(-this.#tick);
    return seconds > afterSeconds ? seconds : NaN;
  }

  previous(before: EpochNanos): EpochNanos | undefined {
    return this.#tick !== undefined && this.#tick < before ? this.#tick : undefined;
  }
}
