import { Fault } from './errors.ts';
import { parseInt64, quote } from './go-text.ts';

/** What one of the six fields may hold. */
export interface FieldSpec {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Lower-case names of the values from `min` on. */
  readonly names: readonly string[];
  readonly dayForm: 'month' | 'week' | undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export const FIELDS: readonly FieldSpec[] = [
  { name: 'second', min: 0, max: 59, names: [], dayForm: undefined },
  { name: 'minute', min: 0, max: 59, names: [], dayForm: undefined },
  { name: 'hour', min: 0, max: 23, names: [], dayForm: undefined },
  { name: 'day of month', min: 1, max: 31, names: [], dayForm: 'month' },
  { name: 'month', min: 1, max: 12, names: MONTHS, dayForm: undefined },
  { name: 'day of week', min: 0, max: 6, names: WEEKDAYS, dayForm: 'week' },
];

export interface NthWeekday {
  /** 0 = Sunday. */
  readonly weekday: number;
  /** 1–5. */
  readonly occurrence: number;
}

/** The values of one field. Bit n of `low` is value n (n < 30), of `high` value 30 + n: 31-bit integers stay unboxed. */
export interface FieldSet {
  low: number;
  high: number;
  /** The field, or one item of its list, is `*` or `?` without a step above 1. */
  star: boolean;
  /** Day of month: `L`. */
  lastDay: boolean;
  /** Day of week: bit n for `nL`, the last such day of the month. */
  lastWeekdays: number;
  /** Day of week: `n#k`. */
  nth: NthWeekday | undefined;
}

/**
 * Reads one field: a comma list of `*`, `?`, `N`, `N-M`, each with an optional `/step`; in the day fields also `L`,
 * `nL` and (alone) `n#k`. Empty items vanish.
 *
 * @param offset - where the field stands in the text
 * @throws Fault with the original's wording
 */
export function parseField(text: string, offset: number, spec: FieldSpec): FieldSet {
  const set: FieldSet = { low: 0, high: 0, star: false, lastDay: false, lastWeekdays: 0, nth: undefined };
  let at = offset;
  for (const item of text.split(',')) {
    if (item !== '' && !addDayForm(set, item, item === text, spec)) addRange(set, item, at, spec);
    at += item.length + 1;
  }
  return set;
}

function addDayForm(set: FieldSet, item: string, alone: boolean, spec: FieldSpec): boolean {
  if (spec.dayForm === 'month' && item === 'L') {
    set.lastDay = true;
    return true;
  }
  if (spec.dayForm !== 'week') return false;
  const match = /^([0-7]|[A-Za-z]{3})(?:(L)|#0*([1-5]))$/.exec(item);
  if (match?.[1] === undefined) return false;
  const named = WEEKDAYS.indexOf(match[1].toLowerCase());
  if (named < 0 && match[1].length > 1) return false;
  const weekday = named < 0 ? Number(match[1]) % 7 : named;
  if (match[2] !== undefined) {
    set.lastWeekdays |= 1 << weekday;
    return true;
  }
  if (!alone) return false;
  set.nth = { weekday, occurrence: Number(match[3]) };
  return true;
}

function addRange(set: FieldSet, item: string, offset: number, spec: FieldSpec): void {
  const fail = (message: string, at = offset): Fault => new Fault('schedule_field', message, at, expectation(spec));
  const [range = '', stepText, ...moreSteps] = item.split('/');
  const [lowText = '', highText, ...moreBounds] = range.split('-');
  const star = lowText === '*' || lowText === '?';
  let low = BigInt(spec.min);
  let high = BigInt(spec.max);
  if (!star) {
    low = readValue(lowText, offset, spec);
    if (moreBounds.length > 0)
      throw fail(`too many hyphens: ${item}`, offset + lowText.length + 1 + (highText ?? '').length);
    high = highText === undefined ? low : readValue(highText, offset + lowText.length + 1, spec);
  }
  let step = 1n;
  if (stepText !== undefined) {
    if (moreSteps.length > 0) throw fail(`too many slashes: ${item}`, offset + range.length + 1 + stepText.length);
    step = readNumber(stepText, offset + range.length + 1, 'a step: a number of at least 1');
    if (highText === undefined) high = BigInt(spec.max);
  }
  if (low < BigInt(spec.min)) throw fail(`beginning of range (${low}) below minimum (${spec.min}): ${item}`);
  if (high > BigInt(spec.max)) throw fail(`end of range (${high}) above maximum (${spec.max}): ${item}`);
  if (low > high) throw fail(`beginning of range (${low}) beyond end of range (${high}): ${item}`);
  if (step === 0n) throw fail(`step of range should be a positive number: ${item}`, offset + range.length + 1);
  if (star && step === 1n) set.star = true;
  addValues(set, Number(low), Number(high), step > 60n ? 60 : Number(step));
}

function addValues(set: FieldSet, low: number, high: number, step: number): void {
  for (let value = low; value <= high; value += step) {
    if (value < 30) set.low |= 1 << value;
    else set.high |= 1 << (value - 30);
  }
}

function readValue(text: string, offset: number, spec: FieldSpec): bigint {
  // U+0130 is the one letter whose lower case is longer in JavaScript than in the original.
  const named = spec.names.indexOf(text.replaceAll('\u0130', 'i').toLowerCase());
  return named < 0 ? readNumber(text, offset, expectation(spec)) : BigInt(named + spec.min);
}

function readNumber(text: string, offset: number, expected: string): bigint {
  const value = parseInt64(text);
  if (typeof value !== 'bigint') {
    const message = `failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: ${value}`;
    throw new Fault('schedule_field', message, offset, expected);
  }
  if (value < 0n)
    throw new Fault('schedule_field', `negative number (${value}) not allowed: ${text}`, offset, expected);
  return value;
}

function expectation(spec: FieldSpec): string {
  const names = spec.names.length === 0 ? '' : ` or a name ${spec.names[0] ?? ''}–${spec.names.at(-1) ?? ''}`;
  const forms = spec.dayForm === 'month' ? ', L' : spec.dayForm === 'week' ? ', 5L, 1#2' : '';
  return `${spec.name}: *, ?, a number ${spec.min}–${spec.max}${names}, an ascending range${forms}, each with an optional /step, separated by commas`;
}
