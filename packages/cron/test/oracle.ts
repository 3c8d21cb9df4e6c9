import { openZone } from '../src/zone.ts';

/** The obvious reading of a schedule: sets of numbers, a clock that is read second by second. Knows ordinary texts only. */
export interface Oracle {
  readonly zone: string;
  readonly sets: readonly ReadonlySet<number>[];
  readonly stars: readonly boolean[];
}

const BOUNDS = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;
const NAMES = [
  [],
  [],
  [],
  [],
  ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
];
const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
  '@minutely': '0 * * * * *',
};

export function readOracle(text: string, zone: string): Oracle {
  const match = /^(?:CRON_)?TZ=(\S*) +(.*)$/.exec(text);
  const rest = (match?.[2] ?? text).trim();
  const fields = (DESCRIPTORS[rest] ?? rest).split(/\s+/);
  if (fields.length !== 6) throw new Error(`the oracle cannot read ${text}`);
  const parsed = fields.map((field, i) => readField(field.toLowerCase(), i));
  return {
    zone: match === null ? zone : match[1] === '' ? 'UTC' : (match[1] ?? ''),
    sets: parsed.map((p) => p.set),
    stars: parsed.map((p) => p.star),
  };
}

function readField(field: string, index: number): { set: Set<number>; star: boolean } {
  const [min, max] = BOUNDS[index] ?? [0, 0];
  const set = new Set<number>();
  let star = false;
  for (const item of field.split(',')) {
    const match = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item);
    if (match === null) throw new Error(`the oracle cannot read ${item}`);
    const step = Number(match[4] ?? 1);
    const low = match[1] === undefined ? value(match[2] ?? '', index) : min;
    const high =
      match[1] !== undefined
        ? max
        : match[3] !== undefined
          ? value(match[3], index)
          : match[4] !== undefined
            ? max
            : low;
    if (match[1] !== undefined && step === 1) star = true;
    for (let v = low; v <= high; v += step) set.add(v);
  }
  return { set, star };
}

function value(text: string, index: number): number {
  const named = NAMES[index]?.indexOf(text) ?? -1;
  return named >= 0 ? named : Number(text);
}

function dateMatches(oracle: Oracle, date: Date): boolean {
  const [, , , days, months, weekdays] = oracle.sets;
  const day = days?.has(date.getUTCDate()) ?? false;
  const weekday = weekdays?.has(date.getUTCDay()) ?? false;
  const both = oracle.stars[3] === true || oracle.stars[5] === true;
  return (months?.has(date.getUTCMonth() + 1) ?? false) && (both ? day && weekday : day || weekday);
}

/** Whether a reading of the clock on the wall (seconds, as if it were UTC) matches. */
export function readingMatches(oracle: Oracle, reading: number): boolean {
  const time = ((reading % 86_400) + 86_400) % 86_400;
  if (!(oracle.sets[0]?.has(time % 60) === true && oracle.sets[1]?.has(Math.floor(time / 60) % 60) === true))
    return false;
  return oracle.sets[2]?.has(Math.floor(time / 3600)) === true && dateMatches(oracle, new Date(reading * 1000));
}

/** All ticks in [from, to) by walking through every second of it, with both choices about zone changes. */
export function oracleWalk(
  oracle: Oracle,
  from: number,
  to: number,
  gap: 'skip' | 'after',
  overlap: 'both' | 'first' | 'last',
): number[] {
  const margin = 2 * 86_400;
  const zone = openZone(oracle.zone);
  const firstShown = new Map<number, number>();
  const lastShown = new Map<number, number>();
  for (let at = from - margin; at < to + margin; at += 1) {
    const reading = at + zone.offsetAt(at);
    if (!readingMatches(oracle, reading)) continue;
    if (!firstShown.has(reading)) firstShown.set(reading, at);
    lastShown.set(reading, at);
  }
  const ticks: number[] = [];
  for (let at = from; at < to; at += 1) {
    const reading = at + zone.offsetAt(at);
    const counts = overlap === 'both' || (overlap === 'first' ? firstShown : lastShown).get(reading) === at;
    let due = firstShown.has(reading) && counts;
    if (gap === 'after') {
      for (let lost = at - 1 + zone.offsetAt(at - 1) + 1; lost < reading && !due; lost += 1)
        due = readingMatches(oracle, lost);
    }
    if (due) ticks.push(at);
  }
  return ticks;
}

/** The first second after `after` whose local reading matches, or undefined up to `limit`. */
export function oracleNext(oracle: Oracle, after: number, limit: number): number | undefined {
  const zone = openZone(oracle.zone);
  const known = new Map<number, boolean>();
  const dayMatches = (day: number): boolean => {
    const before = known.get(day);
    if (before !== undefined) return before;
    const matches = dateMatches(oracle, new Date(day * 86_400_000));
    known.set(day, matches);
    return matches;
  };
  let at = after + 1;
  while (at < limit) {
    const end = at - (((at % 21_600) + 21_600) % 21_600) + 21_600;
    // All dates that any offset (at most 16 hours either way) can show in this stretch of six hours.
    let possible = false;
    for (let day = Math.floor((at - 57_600) / 86_400); day * 86_400 < end + 57_600; day += 1)
      possible ||= dayMatches(day);
    if (possible) {
      for (; at < end && at < limit; at += 1) {
        if (readingMatches(oracle, at + zone.offsetAt(at))) return at;
      }
    }
    at = end;
  }
  return undefined;
}
