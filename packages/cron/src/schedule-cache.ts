import { assert } from '@dkron/runtime';
import { resolveHash } from './hash.ts';
import { parseSchedule } from './parse-schedule.ts';
import { floorSeconds } from './seconds-schedule.ts';
import type { ParseScheduleOptions, Schedule } from './schedule.ts';
import { isKnownTimezone } from './zone.ts';

/** How much the cache may hold. */
export interface ScheduleCacheOptions {
  /** Schedules kept; the one not asked for longest goes first. At least 1. */
  readonly maxEntries: number;
}

/**
 * Gives equal schedules one compiled object: equal in text after `~`, zone, choice of gaps and overlaps, and — for
 * `@every` alone — anchor.
 */
export class ScheduleCache {
  readonly #maxEntries: number;
  readonly #schedules = new Map<string, Schedule>();

  constructor(options: ScheduleCacheOptions) {
    assert(options.maxEntries >= 1, `maxEntries must be at least 1, is ${options.maxEntries}`);
    this.#maxEntries = options.maxEntries;
  }

  /** Schedules kept now. */
  get size(): number {
    return this.#schedules.size;
  }

  /**
   * As `parseSchedule`, sharing the result.
   *
   * @throws ScheduleParseError, which is not kept
   */
  get(text: string, options: ParseScheduleOptions = {}): Schedule {
    const key = keyOf(text, options);
    const known = this.#schedules.get(key);
    if (known !== undefined && isKnownTimezone(options.timezone ?? '')) {
      this.#schedules.delete(key);
      this.#schedules.set(key, known);
      return known;
    }
    const schedule = parseSchedule(text, options);
    this.#schedules.set(key, schedule);
    if (this.#schedules.size > this.#maxEntries) {
      const [oldest] = this.#schedules.keys();
      if (oldest !== undefined) this.#schedules.delete(oldest);
    }
    return schedule;
  }
}

function keyOf(text: string, options: ParseScheduleOptions): string {
  const resolved = resolveHash(text, options.jobName ?? '');
  const { timezone = '', defaultTimezone = '', dstGap = 'skip', dstOverlap = 'both', anchor = 0n } = options;
  const fallback = defaultTimezone === '' || defaultTimezone === 'Local' ? 'UTC' : defaultTimezone;
  const named = resolved.startsWith('TZ=') || resolved.startsWith('CRON_TZ=');
  const zone = named || timezone === '' || timezone === 'Local' ? fallback : timezone;
  const phase = resolved.includes('@every') ? String(floorSeconds(anchor)) : '';
  return `${resolved}\u0000${zone}\u0000${dstGap}\u0000${dstOverlap}\u0000${phase}`;
}
