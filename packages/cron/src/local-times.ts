import { daysInMonth, packedDate, SECONDS_PER_DAY, weekday } from './calendar.ts';
import type { FieldSet, NthWeekday } from './fields.ts';

/** The Gregorian calendar repeats after 400 years: what is not found in so many months never comes. */
const CYCLE_MONTHS = 4800;

/** Number of trailing zero bits of a positive 31-bit integer. */
function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** The smallest value ≥ `from` in a set of 0–59, or -1. */
function nextOf60(low: number, high: number, from: number): number {
  if (from < 30) {
    const rest = (low >>> from) << from;
    if (rest !== 0) return lowestBit(rest);
    return high === 0 ? -1 : 30 + lowestBit(high);
  }
  if (from > 59) return -1;
  const rest = (high >>> (from - 30)) << (from - 30);
  return rest === 0 ? -1 : 30 + lowestBit(rest);
}

/**
 * The six fields as bit masks, and the search for the next reading of a clock on the wall that matches them. Knows no
 * zone: a reading is a number of seconds since 1970-01-01 00:00:00 as if every day had 86,400 of them.
 */
export class LocalTimes {
  /** Whether no reading ever matches. */
  readonly never: boolean;
  readonly #second: FieldSet;
  readonly #minute: FieldSet;
  readonly #hours: number;
  /** Bit n = day n + 1. */
  readonly #daysOfMonth: number;
  /** Bit n = month n. */
  readonly #months: number;
  /** Days of the month that match by weekday, for each weekday the 1st may have. */
  readonly #weekdayPatterns: readonly number[];
  readonly #dayOfMonth: FieldSet;
  readonly #dayOfWeek: FieldSet;
  readonly #firstSecond: number;
  readonly #firstTime: number;
  // The month looked at last: the days [first, first + length) and which of them match.
  #monthStart = 0;
  #monthLength = 0;
  #monthMask = 0;
  #monthIndex = 0;

  constructor(fields: readonly FieldSet[]) {
    const [second, minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
      FieldSet,
      FieldSet,
      FieldSet,
      FieldSet,
      FieldSet,
      FieldSet,
    ];
    this.#second = second;
    this.#minute = minute;
    this.#hours = hour.low;
    this.#dayOfMonth = dayOfMonth;
    this.#dayOfWeek = dayOfWeek;
    this.#daysOfMonth = (dayOfMonth.low >>> 1) | (dayOfMonth.high << 29);
    this.#months = month.low;
    this.#weekdayPatterns = [0, 1, 2, 3, 4, 5, 6].map((first) => weekdayPattern(dayOfWeek.low, first));
    this.#firstSecond = nextOf60(second.low, second.high, 0);
    const firstMinute = nextOf60(minute.low, minute.high, 0);
    const empty = this.#firstSecond < 0 || firstMinute < 0 || this.#hours === 0 || this.#months === 0;
    this.#firstTime = empty ? 0 : lowestBit(this.#hours) * 3600 + firstMinute * 60 + this.#firstSecond;
    this.never = empty || this.#nextDay(0) === undefined;
  }

  /** Whether a reading matches. */
  matches(reading: number): boolean {
    return this.next(reading) === reading;
  }

  /** The first matching reading at or after `reading`. Not to be asked when {@link never}. */
  next(reading: number): number {
    const day = Math.floor(reading / SECONDS_PER_DAY);
    this.#enterMonthOf(day);
    const bit = day - this.#monthStart;
    if (((this.#monthMask >>> bit) & 1) === 1) {
      const time = this.#nextTime(reading - day * SECONDS_PER_DAY);
      if (time >= 0) return day * SECONDS_PER_DAY + time;
    }
    const later = this.#nextDay(day + 1) ?? Infinity;
    return later * SECONDS_PER_DAY + this.#firstTime;
  }

  /** The first matching second of a day at or after `time`, or -1. */
  #nextTime(time: number): number {
    const hour = Math.floor(time / 3600);
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = Math.floor(time / 60) - hour * 60;
      const hasMinute = ((minute < 30 ? this.#minute.low >>> minute : this.#minute.high >>> (minute - 30)) & 1) === 1;
      if (hasMinute) {
        const second = nextOf60(this.#second.low, this.#second.high, time % 60);
        if (second >= 0) return hour * 3600 + minute * 60 + second;
      }
      const nextMinute = nextOf60(this.#minute.low, this.#minute.high, minute + 1);
      if (nextMinute >= 0) return hour * 3600 + nextMinute * 60 + this.#firstSecond;
    }
    const laterHours = (this.#hours >>> (hour + 1)) << (hour + 1);
    return laterHours === 0 ? -1 : lowestBit(laterHours) * 3600 + (this.#firstTime % 3600);
  }

  #nextDay(day: number): number | undefined {
    this.#enterMonthOf(day);
    const rest = this.#monthMask >>> (day - this.#monthStart);
    if (rest !== 0) return day + lowestBit(rest);
    for (let i = 0; i < CYCLE_MONTHS; i += 1) {
      this.#enterMonth(this.#monthIndex + 1, this.#monthStart + this.#monthLength);
      if (this.#monthMask !== 0) return this.#monthStart + lowestBit(this.#monthMask);
    }
    return undefined;
  }

  #enterMonthOf(day: number): void {
    if (day >= this.#monthStart && day < this.#monthStart + this.#monthLength) return;
    const date = packedDate(day);
    const index = Math.floor(date / 512) * 12 + (Math.floor(date / 32) % 16) - 1;
    this.#enterMonth(index, day - (date & 31) + 1);
  }

  /** @param index - months since year 0; @param start - day number of its 1st */
  #enterMonth(index: number, start: number): void {
    const year = Math.floor(index / 12);
    const month = index - year * 12 + 1;
    this.#monthIndex = index;
    this.#monthStart = start;
    this.#monthLength = daysInMonth(year, month);
    this.#monthMask = ((this.#months >>> month) & 1) === 1 ? this.#matchingDays(start) : 0;
  }

  /** Either day field being a star, both must match; otherwise one of them is enough. */
  #matchingDays(start: number): number {
    const length = this.#monthLength;
    const first = weekday(start);
    let byDate = this.#daysOfMonth;
    if (this.#dayOfMonth.lastDay) byDate |= 1 << (length - 1);
    let byWeekday = this.#weekdayPatterns[first] ?? 0;
    const { lastWeekdays, nth } = this.#dayOfWeek;
    if (lastWeekdays !== 0) byWeekday |= lastDays(lastWeekdays, first, length);
    if (nth !== undefined) byWeekday |= nthDay(nth, first, length);
    const either = !this.#dayOfMonth.star && !this.#dayOfWeek.star;
    return (either ? byDate | byWeekday : byDate & byWeekday) & (0x7fffffff >>> (31 - length));
  }
}

function weekdayPattern(weekdays: number, first: number): number {
  let pattern = 0;
  for (let day = 0; day < 31; day += 1) {
    if (((weekdays >>> ((first + day) % 7)) & 1) === 1) pattern |= 1 << day;
  }
  return pattern;
}

function lastDays(weekdays: number, first: number, length: number): number {
  let days = 0;
  for (let day = length - 7; day < length; day += 1) {
    if (((weekdays >>> ((first + day) % 7)) & 1) === 1) days |= 1 << day;
  }
  return days;
}

/** None when the month has no such day; a shift by 32 or more would wrap. */
function nthDay(nth: NthWeekday, first: number, length: number): number {
  const day = ((nth.weekday - first + 7) % 7) + 7 * (nth.occurrence - 1);
  return day < length ? 1 << day : 0;
}
